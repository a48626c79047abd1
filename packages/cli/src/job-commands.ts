/** Commands that talk to a hub over the SDK. */
import type { JobsPage, OmtxClient } from '@omtx/client';
import { JOB_STATUSES, type JobDetail, type JobStatus, type JobSummary, type Quote } from '@omtx/contract';
import { Command, Option } from 'commander';
import { columns } from './columns.ts';
import { clientOf, common, describeAnswer, print, type Common } from './command-options.ts';
import { UsageError } from './exit-codes.ts';
import { DEFAULT_TASK, readSubmission, type SubmitOptions } from './submission.ts';
import { timeText } from './progress-line.ts';
import { formatTable, TABLE_ROWS } from './table.ts';
import { exitCodeOf, watch } from './watch.ts';

export function jobCommands(signal: AbortSignal): readonly Command[] {
  return [submitCommand(signal), watchCommand(signal), jobsCommand()];
}

function submitCommand(signal: AbortSignal): Command {
  return common(new Command('submit').description('submit one ligand or a library against a target'))
    .requiredOption('--model <id>', 'model, for example vina')
    .option('--task <type>', `task type (${DEFAULT_TASK})`)
    .option('--target <file>', 'PDBQT, PDB, FASTA or JSON file, or dockstring:NAME')
    .option('--ligands <file>', 'CSV, TSV, SMI, SDF, NDJSON, FASTA (each also as .gz) or JSON file')
    .option('--smiles <smiles...>', 'ligands on the command line')
    .option('--input <file>', 'JSON of the input, or of a whole submission')
    .option('--box <numbers>', 'centre and size in angstrom: x,y,z,sx,sy,sz')
    .option('--box-around <ligand>', 'box around a ligand: SDF or PDB file, or its residue name in the target PDB')
    .option('--keep <residues...>', 'cofactors of the PDB to keep, by residue name')
    .option('--chains <chains...>', 'chains of the PDB to keep (all)')
    .option('--param <name=value...>', 'parameter of the model')
    .option('--name <text>', 'name of the job')
    .option('--seed <number>', 'seed of every row (42)')
    .option('--max-concurrency <number>', 'rows in flight at once (5)')
    .option('--timeout <seconds>', 'time limit of a row')
    .option('--tag <text...>', 'tags')
    .option('--smiles-column <name>', 'CSV column that holds the SMILES')
    .option('--name-column <name>', 'CSV column that holds the names')
    .option('--reject-all', 'refuse everything when one row is bad')
    .option('--idempotency-key <text>', 'the same key gives the same job')
    .addOption(new Option('--priority <level>', 'among your own jobs').choices(['low', 'normal', 'high', 'urgent']))
    .option('--quote', 'say what it would take, and submit nothing')
    .option('--watch', 'wait for the end and print the table')
    .action(async (options: Common & SubmitOptions & { readonly watch?: boolean; readonly quote?: boolean }) => {
      const client = clientOf(options);
      if (options.quote === true) {
        const quote = await client.quoteJob(await readSubmission(options, client));
        print(options, quote, () => describeQuote(quote));
        return;
      }
      const answer = await client.submitJob(await readSubmission(options, client));
      if (options.watch !== true) {
        print(options, answer, () => describeAnswer(answer));
        return;
      }
      if (!options.json && !options.quiet) console.error(describeAnswer(answer));
      await showEnd(client, answer.id, options, signal);
    });
}

function watchCommand(signal: AbortSignal): Command {
  return common(new Command('watch').description('show a job until it ends').argument('<id>', 'job')).action(
    async (id: string, options: Common) => {
      await showEnd(clientOf(options), id, options, signal);
    },
  );
}

function jobsCommand(): Command {
  return common(new Command('jobs').description('list jobs, the newest first, or show one').argument('[id]', 'job'))
    .addOption(new Option('--status <status>', 'only these').choices(JOB_STATUSES))
    .option(
      '--search <text>',
      'words of names, ligands, proteins, tags, notes, task or model; the beginning of an id; a SMILES; an InChIKey',
    )
    .option('--limit <number>', 'how many', '20')
    .action(
      async (
        id: string | undefined,
        options: Common & { readonly status?: JobStatus; readonly search?: string; readonly limit: string },
      ) => {
        const client = clientOf(options);
        if (id !== undefined) {
          const job = await client.getJob(id);
          print(options, job, () => describeJob(job));
          return;
        }
        const { status, search } = options;
        const page = await client.listJobs({
          limit: wholeNumber('--limit', options.limit),
          ...(status && { status }),
          ...(search !== undefined && { search }),
        });
        print(options, page, () =>
          [
            ...page.corrections.map(describeCorrection),
            jobTable(page.jobs),
            `${String(page.jobs.length)} of ${String(page.total)} jobs`,
          ].join('\n'),
        );
      },
    );
}

async function showEnd(client: OmtxClient, id: string, options: Common, signal: AbortSignal): Promise<void> {
  // Progress goes to stderr, so that stdout stays what was asked for.
  const isQuiet = options.quiet === true || options.json === true;
  const job = await watch(client, id, { signal, ...(isQuiet ? {} : { out: process.stderr }) });
  if (options.json) console.log(JSON.stringify(job, undefined, 2));
  else {
    const { rows } = await client.listRows(id, { sort: 'rank', limit: TABLE_ROWS });
    console.log(formatTable(rows, job.rankBy, process.stdout.columns));
  }
  process.exitCode = exitCodeOf(job.status);
}

function describeQuote({
  rows,
  runs,
  seconds,
  secondsLow,
  secondsHigh,
  cpuSeconds,
  gpuSeconds,
  slots,
  basis,
  lane,
  rejected,
}: Quote): string {
  const lines = [
    `${String(rows.total)} rows: ${String(runs)} to run, ${String(rows.reused)} repeated, ${String(rows.rejected)} refused; ${lane} lane`,
    `about ${timeText(seconds)}${secondsLow === null || secondsHigh === null || runs === 0 ? '' : ` (${timeText(secondsLow)} to ${timeText(secondsHigh)})`} on ${slots === 0 ? 'one slot (no worker offers the model now)' : `${String(slots)} slots`}, ${timeText(cpuSeconds)} of CPU, ${timeText(gpuSeconds)} of GPU (${basis === 'measured' ? 'by runs on this hub' : "by the model's own hint"})`,
  ];
  for (const each of rejected) lines.push(`  row ${String(each.index)}: ${each.message}`);
  return lines.join('\n');
}

function describeJob(job: JobDetail): string {
  const { progress, waitingFor } = job;
  const lines = [
    `${job.name}  (${job.id})`,
    `${job.modelId} ${job.modelVersion}, ${job.taskType}, ${job.status}`,
    `${String(progress.completed)} completed (${String(progress.reused)} reused), ${String(progress.failed)} failed (${String(progress.rejected)} rejected), ${String(progress.cancelled)} cancelled, ${String(progress.running)} running, ${String(progress.pending)} pending of ${String(progress.total)}`,
  ];
  if (waitingFor !== null) lines.push(waitingFor);
  if (job.indexed < progress.total) lines.push(`${String(job.indexed)} of ${String(progress.total)} ligands indexed for search`);
  for (const artifact of job.artifacts) lines.push(`  ${artifact.name}  ${artifact.href}`);
  return lines.join('\n');
}

function describeCorrection({ word, as }: JobsPage['corrections'][number]): string {
  return `No job has "${word}"; looked for ${as.join(', ')}.`;
}

function jobTable(jobs: readonly JobSummary[]): string {
  return columns(
    ['id', 'name', 'model', 'status', 'done', 'created'],
    jobs.map((job) => [
      job.id,
      job.name,
      job.modelId,
      job.status,
      `${String(job.progress.percentage)} %`,
      job.createdAt.slice(0, 19).replace('T', ' '),
    ]),
  );
}

function wholeNumber(option: string, text: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw new UsageError(`${option} takes a whole number, not "${text}".`);
}
