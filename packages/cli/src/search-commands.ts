/** Commands over many jobs: one compound in all of them; tag, cancel and delete of those that a filter finds. */
import { JOB_STATUSES, type BulkAnswer, type BulkFilter, type BulkJobs, type CompoundRow, type JobStatus } from '@omtx/contract';
import { Command, Option } from 'commander';
import { columns } from './columns.ts';
import { clientOf, common, print, type Common } from './command-options.ts';
import { UsageError } from './exit-codes.ts';

const ACTIONS = ['tag', 'untag', 'cancel', 'delete'] as const;

interface Choice extends Common {
  readonly ids?: readonly string[];
  readonly tags?: readonly string[];
  readonly confirm?: string;
  readonly status?: JobStatus;
  readonly model?: string;
  readonly task?: string;
  readonly tag?: string;
  readonly project?: string;
  readonly search?: string;
  readonly before?: string;
}

export function searchCommands(): readonly Command[] {
  return [compoundCommand(), bulkCommand()];
}

function compoundCommand(): Command {
  return common(
    new Command('compound')
      .description('rows of all jobs with one compound')
      .argument('<compound>', 'InChIKey, its first block, or a SMILES'),
  )
    .option('--limit <number>', 'how many', '50')
    .action(async (compound: string, options: Common & { readonly limit: string }) => {
      const which = /^[A-Z]{14}(-[A-Z-]+)?$/.test(compound) ? { inchikey: compound } : { smiles: compound };
      const answer = await clientOf(options).findCompound({ ...which, limit: numberOf('--limit', options.limit) });
      print(
        options,
        answer,
        () => `${compoundTable(answer.rows)}\n${String(answer.rows.length)} of ${String(answer.total)} rows of ${answer.inchikey}`,
      );
    });
}

function compoundTable(rows: readonly CompoundRow[]): string {
  return columns(
    ['row', 'job', 'name', 'model', 'outcome', 'score'],
    rows.map(({ id, jobName, name, modelId, outcome, status, rankBy, metrics }) => [
      id,
      jobName,
      name ?? '',
      modelId,
      outcome ?? status,
      rankBy === null ? '' : String(metrics[rankBy] ?? ''),
    ]),
  );
}

function bulkCommand(): Command {
  return common(new Command('bulk').description('tag, untag, cancel or delete many jobs; without --confirm it only says how many'))
    .addArgument(new Command().createArgument('<action>', 'what to do').choices(ACTIONS))
    .option('--ids <id...>', 'these jobs, in place of a filter')
    .option('--tags <tag...>', 'tags to set or to take away')
    .addOption(new Option('--status <status>', 'jobs of this status').choices(JOB_STATUSES))
    .option('--model <id>', 'jobs of this model')
    .option('--task <type>', 'jobs of this task type')
    .option('--tag <tag>', 'jobs with this tag')
    .option('--project <name>', 'jobs of this project')
    .option('--search <text>', 'jobs that the search finds')
    .option('--before <time>', 'jobs made before, such as 2026-01-31T00:00:00Z')
    .option('--confirm <number>', 'do it, where so many jobs are meant')
    .action(async (action: (typeof ACTIONS)[number], options: Choice) => {
      const answer = await clientOf(options).bulkJobs(wishOf(action, options));
      print(options, answer, () => describe(action, answer, options.confirm !== undefined));
    });
}

function wishOf(action: (typeof ACTIONS)[number], options: Choice): BulkJobs {
  const { ids, tags, confirm } = options;
  const which = {
    ...(ids === undefined ? { filter: filterOf(options) } : { ids: [...ids] }),
    ...(confirm === undefined ? {} : { confirm: numberOf('--confirm', confirm) }),
  };
  if (action === 'cancel' || action === 'delete') return { action, ...which };
  if (tags === undefined) throw new UsageError(`omtx bulk ${action} needs --tags.`);
  return { action, tags: [...tags], ...which };
}

function filterOf({ status, model, task, tag, project, search, before }: Choice): BulkFilter {
  const filter = {
    ...(status && { status }),
    ...(model !== undefined && { modelId: model }),
    ...(task !== undefined && { taskType: task }),
    ...(tag !== undefined && { tag }),
    ...(project !== undefined && { project }),
    ...(search !== undefined && { search }),
    ...(before !== undefined && { createdBefore: before }),
  };
  if (Object.keys(filter).length > 0) return filter;
  throw new UsageError('Say which jobs: --ids, or a filter such as --status failed or --search TEXT.');
}

function describe(action: string, { found, changed, unchanged }: BulkAnswer, isConfirmed: boolean): string {
  const jobs = `${String(found)} job${found === 1 ? '' : 's'}`;
  if (!isConfirmed) return `${action} would meet ${jobs}; nothing was changed. Give --confirm ${String(found)} to do it.`;
  return `${jobs}: ${String(changed)} changed, ${String(unchanged)} as they were.`;
}

function numberOf(option: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new UsageError(`${option} takes a whole number, not "${text}".`);
}
