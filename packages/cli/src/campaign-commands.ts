/** `omtx campaign`: the same ligands against several targets by several models, and their table. */
import { basename, extname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeFile } from 'node:fs/promises';
import type { OmtxClient } from '@omtx/client';
import type { Campaign, CampaignQuote, CampaignTable, SubmitCampaign } from '@omtx/contract';
import { Command } from 'commander';
import { columns } from './columns.ts';
import { clientOf, common, print, type Common } from './command-options.ts';
import { UsageError } from './exit-codes.ts';
import { progressLine, timeText } from './progress-line.ts';
import { readSubmission, readTarget, type SubmitOptions } from './submission.ts';
import { TABLE_ROWS } from './table.ts';
import { exitCodeOf } from './watch.ts';

interface CampaignOptions extends Common, Omit<SubmitOptions, 'model' | 'target'> {
  readonly models: readonly string[];
  readonly targets: readonly string[];
  readonly quote?: boolean;
  readonly watch?: boolean;
}

interface TableOptions extends Common {
  readonly reference?: string;
  readonly sort?: string;
  readonly csv?: string;
}

/** Between two looks at a campaign that is waited for. */
const ASK_MS = 2_000;
const LINE_EVERY_MS = 10_000;

export function campaignCommand(signal: AbortSignal): Command {
  const root = new Command('campaign').description('the same ligands against several targets by several models');
  for (const command of [
    submitCommand(signal),
    watchCommand(signal),
    showCommand(),
    tableCommand(),
    listCommand(),
    cancelCommand(),
    deleteCommand(),
  ])
    root.addCommand(command.exitOverride());
  return root;
}

function submitCommand(signal: AbortSignal): Command {
  return common(new Command('submit').description('submit ligands against several targets by several models'))
    .requiredOption('--targets <targets...>', 'PDBQT, PDB, FASTA or JSON files, or dockstring:NAME; NAME=FILE gives a name')
    .requiredOption('--models <ids...>', 'models, for example vina')
    .option('--task <type>', 'task type', 'protein_ligand_docking')
    .option('--ligands <file>', 'CSV, TSV, SMI, SDF, NDJSON, FASTA (each also as .gz) or JSON file')
    .option('--smiles <smiles...>', 'ligands on the command line')
    .option('--input <file>', 'JSON of input that all jobs have alike')
    .option('--param <name=value...>', 'parameter, of every model')
    .option('--name <text>', 'name of the campaign')
    .option('--seed <number>', 'seed of every row (42)')
    .option('--max-concurrency <number>', 'rows of a job in flight at once (5)')
    .option('--timeout <seconds>', 'time limit of a row')
    .option('--tag <text...>', 'tags of the jobs')
    .option('--reject-all', 'refuse everything when one row is bad')
    .option('--idempotency-key <text>', 'the same key gives the same campaign')
    .option('--quote', 'say what it would take, and submit nothing')
    .option('--watch', 'wait for the end and print the table')
    .action(async (options: CampaignOptions) => {
      const client = clientOf(options);
      const body = await readCampaign(options, client);
      if (options.quote === true) {
        const quote = await client.quoteCampaign(body);
        print(options, quote, () => describeQuote(quote));
        return;
      }
      const answer = await client.submitCampaign(body);
      if (options.watch === true) {
        if (!options.json && !options.quiet) console.error(describe(answer));
        await showEnd(client, answer.id, options, signal);
      } else print(options, answer, () => [describe(answer), ...answer.warnings.map((warning) => `Warning: ${warning}`)].join('\n'));
    });
}

function watchCommand(signal: AbortSignal): Command {
  return common(new Command('watch').description('show a campaign until all of its jobs have ended').argument('<id>', 'campaign')).action(
    async (id: string, options: Common) => {
      await showEnd(clientOf(options), id, options, signal);
    },
  );
}

function showCommand(): Command {
  return common(new Command('show').description('a campaign and its jobs').argument('<id>', 'campaign')).action(
    async (id: string, options: Common) => {
      const campaign = await clientOf(options).getCampaign(id);
      print(options, campaign, () => describe(campaign));
    },
  );
}

function tableCommand(): Command {
  return common(
    new Command('table').description('ligands by targets and models: scores, consensus, selectivity').argument('<id>', 'campaign'),
  )
    .option('--reference <target>', 'target that selectivity and differences are taken against (the first)')
    .option('--sort <order>', 'consensus, selectivity, index, or arm:N; with - in front turned around', 'consensus')
    .option('--csv <file>', 'write every row to a file (- for standard output)')
    .action(async (id: string, { csv, ...options }: TableOptions) => {
      const client = clientOf(options);
      const view = {
        ...(options.reference !== undefined && { reference: options.reference }),
        ...(options.sort !== undefined && { sort: options.sort }),
      };
      if (csv !== undefined) {
        const text = await client.campaignCsv(id, view);
        if (csv === '-') process.stdout.write(text);
        else await writeFile(csv, text);
        return;
      }
      await showTable(client, id, options, view);
    });
}

function listCommand(): Command {
  return common(new Command('list').description('campaigns, the newest first'))
    .option('--limit <number>', 'how many', '20')
    .action(async (options: Common & { readonly limit: string }) => {
      if (!/^\d{1,4}$/.test(options.limit)) throw new UsageError(`--limit takes a whole number, not "${options.limit}".`);
      const page = await clientOf(options).listCampaigns({ limit: Number(options.limit) });
      const lines = page.campaigns.map(({ id, name, targets, models, status, progress, createdAt }) => [
        id,
        name,
        `${String(targets.length)} x ${String(models.length)}`,
        status,
        `${String(progress.percentage)} %`,
        createdAt.slice(0, 19).replace('T', ' '),
      ]);
      print(options, page, () => columns(['id', 'name', 'targets x models', 'status', 'done', 'created'], lines));
    });
}

function cancelCommand(): Command {
  return common(new Command('cancel').description('cancel every job of a campaign that has not ended').argument('<id>', 'campaign')).action(
    async (id: string, options: Common) => {
      const campaign = await clientOf(options).cancelCampaign(id);
      print(options, campaign, () => describe(campaign));
    },
  );
}

function deleteCommand(): Command {
  return common(new Command('delete').description('delete a campaign with all of its jobs and results').argument('<id>', 'campaign'))
    .option('--yes', 'do it: nothing brings them back')
    .action(async (id: string, options: Common & { readonly yes?: boolean }) => {
      const client = clientOf(options);
      const { name, arms, progress } = await client.getCampaign(id);
      if (options.yes !== true)
        throw new UsageError(
          `This deletes "${name}": ${String(arms.length)} jobs with ${String(progress.total)} rows. Say --yes to do it.`,
        );
      const answer = await client.deleteCampaign(id);
      print(options, answer, () => `Deleted "${name}": ${String(answer.deleted)} jobs and rows.`);
    });
}

async function readCampaign(options: CampaignOptions, client: OmtxClient): Promise<SubmitCampaign> {
  const { modelId: _modelId, parameters, input, name: _name, ...settings } = await readSubmission({ ...options, model: 'several' }, client);
  const targets: SubmitCampaign['targets'] = [];
  for (const given of options.targets) targets.push(await namedTarget(given));
  return {
    ...settings,
    name: options.name ?? `${targets.map((target) => target.name).join(', ')} by ${options.models.join(', ')}`.slice(0, 200),
    targets,
    models: options.models.map((modelId) => ({ modelId, ...(parameters && { parameters }) })),
    input,
  };
}

/** `COX-2=cox2.pdbqt`, or the name of the file or of the dockstring target. */
async function namedTarget(given: string): Promise<SubmitCampaign['targets'][number]> {
  const [, name, path = given] = /^([^=/\\]+)=(.+)$/.exec(given) ?? [];
  const short = path.startsWith('dockstring:') ? path.slice('dockstring:'.length) : basename(path, extname(path));
  return { name: name ?? short, input: await readTarget(path) };
}

async function showEnd(client: OmtxClient, id: string, options: Common, signal: AbortSignal): Promise<void> {
  const campaign = await untilEnd(client, id, options.quiet === true || options.json === true, signal);
  if (options.json) console.log(JSON.stringify(campaign, undefined, 2));
  else await showTable(client, id, options, {});
  process.exitCode = exitCodeOf(campaign.status);
}

async function untilEnd(client: OmtxClient, id: string, isQuiet: boolean, signal: AbortSignal): Promise<Campaign> {
  const [startedAt, { stderr: out }] = [Date.now(), process];
  let saidAt = 0;
  for (;;) {
    const campaign = await client.getCampaign(id);
    const { progress } = campaign;
    const hasEnded = ['completed', 'failed', 'cancelled'].includes(campaign.status);
    if (!isQuiet && (out.isTTY || hasEnded || Date.now() - saidAt >= LINE_EVERY_MS)) {
      const line = progressLine(progress, (Date.now() - startedAt) / 1_000, progress.secondsLeft, null);
      out.write(out.isTTY ? `\r\u001B[2K${line.slice(0, out.columns - 1)}${hasEnded ? '\n' : ''}` : `${line}\n`);
      saidAt = Date.now();
    }
    if (hasEnded) return campaign;
    await sleep(ASK_MS, undefined, { signal });
  }
}

async function showTable(
  client: OmtxClient,
  id: string,
  options: Common,
  view: { readonly reference?: string; readonly sort?: string },
): Promise<void> {
  const table = await client.campaignTable(id, { ...view, limit: TABLE_ROWS });
  print(options, table, () => describeTable(table));
  if (table.nextCursor !== null) console.error(`The first ${String(TABLE_ROWS)} of ${String(table.total)} rows; get all by --csv FILE.`);
}

function describeTable({ arms, rows, agreement, reference }: CampaignTable): string {
  const [first] = arms;
  const unit = first?.metric?.unit ?? '';
  const heads = arms.map(({ target, model, metric }) => `${target} ${model}${metric && metric.unit !== '' ? ` [${metric.unit}]` : ''}`);
  const lines = rows.map((row) => [
    row.consensusRank === null ? '-' : String(row.consensusRank),
    String(row.index),
    row.name ?? row.canonicalSmiles ?? `row ${String(row.index)}`,
    ...row.cells.map(({ score, outcome, code }, place) => score?.toFixed(arms[place]?.metric?.decimals ?? 2) ?? code ?? outcome ?? '-'),
    row.selectivity?.toFixed(first?.metric?.decimals ?? 2) ?? '-',
  ]);
  const header = ['rank', 'row', 'ligand', ...heads, `selectivity for ${reference}${unit === '' ? '' : ` [${unit}]`}`];
  const right = header.flatMap((_, column) => (column === 2 ? [] : [column]));
  const agreed = agreement.map(
    ({ a, b, rows: shared, spearman }) =>
      `  ${heads[a] ?? ''} and ${heads[b] ?? ''}: ${spearman === null ? 'too few rows to say' : spearman.toFixed(2)} (${String(shared)} rows)`,
  );
  return [columns(header, lines, { right }), ...(agreed.length > 0 ? ['', 'Agreement of the ranks (Spearman):', ...agreed] : [])].join(
    '\n',
  );
}

function describe({ id, name, status, progress, arms }: Campaign): string {
  const lines = arms.map(({ target, model, job, problem }) => [
    target,
    model,
    job?.status ?? (problem === null ? 'no job' : 'refused'),
    job === null ? '' : `${String(job.progress.completed)}/${String(job.progress.total)}`,
    job?.id ?? problem ?? '',
  ]);
  return [
    `${name}  (${id})`,
    `${status}: ${String(progress.completed)} completed, ${String(progress.failed)} failed (${String(progress.rejected)} rejected), ${String(progress.cancelled)} cancelled of ${String(progress.total)} rows`,
    columns(['target', 'model', 'status', 'completed', 'job'], lines),
  ].join('\n');
}

function describeQuote({ arms, runs, seconds, cpuSeconds, gpuSeconds }: CampaignQuote): string {
  const lines = arms.map(({ target, model, quote }) => [
    target,
    model,
    String(quote.runs),
    String(quote.rows.rejected),
    String(quote.rows.reused),
    timeText(quote.seconds),
    quote.basis === 'measured' ? 'runs on this hub' : "the model's hint",
  ]);
  return [
    columns(['target', 'model', 'runs', 'refused', 'repeated', 'time', 'by'], lines, { right: [2, 3, 4, 5] }),
    `${String(runs)} runs, at most about ${timeText(seconds)}, ${timeText(cpuSeconds)} of CPU, ${timeText(gpuSeconds)} of GPU`,
  ].join('\n');
}
