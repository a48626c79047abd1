#!/usr/bin/env node
/** The command `omtx`. */
import { OmtxProblem, OmtxUnreachable } from '@omtx/client';
import { Command, CommanderError } from 'commander';
import packageJson from '../package.json' with { type: 'json' };
import { backupCommands } from './backup-commands.ts';
import { campaignCommand } from './campaign-commands.ts';
import { changeCommands } from './change-commands.ts';
import { EXIT, UsageError } from './exit-codes.ts';
import { hubCommands } from './hub-commands.ts';
import { importCommand } from './import-command.ts';
import { jobCommands } from './job-commands.ts';
import { limitsCommand } from './limits-command.ts';
import { modelsCommand } from './models-commands.ts';
import { retentionCommands } from './retention-commands.ts';
import { searchCommands } from './search-commands.ts';
import { resultsCommand } from './results-command.ts';

const interrupted = new AbortController();

try {
  await program().parseAsync();
} catch (error) {
  process.exitCode = report(error);
}

function program(): Command {
  const root = new Command('omtx')
    .version(packageJson.version, '-V, --version', 'say which version this is')
    .description('OMTX-Hub: submit predictions, watch them, rank and export the results.')
    .showHelpAfterError('(omtx --help lists the commands)')
    .exitOverride();
  // Commands that wait are ended by Ctrl-C; the job they watch goes on.
  root.hook('preAction', (_root, command) => {
    if (!['submit', 'watch'].includes(command.name())) return;
    process.once('SIGINT', () => {
      interrupted.abort(
        new UsageError(
          `Interrupted; the ${command.parent?.name() === 'campaign' ? 'campaign goes on. "omtx campaign watch ID"' : 'job goes on. "omtx watch ID"'} shows it again.`,
        ),
      );
    });
  });
  const commands = [
    ...jobCommands(interrupted.signal),
    resultsCommand(),
    ...searchCommands(),
    ...retentionCommands(),
    campaignCommand(interrupted.signal),
    ...changeCommands(),
    modelsCommand(),
    limitsCommand(),
    ...hubCommands(),
    ...backupCommands(),
    importCommand(),
  ];
  for (const command of commands) root.addCommand(command.exitOverride());
  return root;
}

/** Says what went wrong and how to mend it. @returns the exit code */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof OmtxProblem) {
    const { title, detail, errors } = error.problem;
    console.error(`omtx: ${title}: ${detail}`);
    if (errors.length > 1) for (const each of errors) console.error(`  ${each.pointer}: ${each.detail}`);
    return EXIT.refused;
  }
  if (error instanceof OmtxUnreachable) {
    console.error(`omtx: ${error.message}`);
    return EXIT.unreachable;
  }
  if (error instanceof UsageError) {
    console.error(`omtx: ${error.message}`);
    return EXIT.usage;
  }
  console.error(error);
  return EXIT.failed;
}
