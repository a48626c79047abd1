/** Every row of a job as a file, streamed in pages. */
import { bibtexOf, type EXPORT_FORMATS, type MetricDefinition, type RowView } from '@omtx/contract';
import { text } from 'node:stream/consumers';
import { findVersion, manifestOf } from '../catalog/registry.ts';
import { findJobDetail, type StoredJobDetail } from '../storage/read-jobs.ts';
import { listRows, type StoredRow } from '../storage/read-rows.ts';
import type { HubContext, Principal } from './context.ts';
import { presentRow } from './present.ts';
import { jobIdOf, notFound } from './read-jobs.ts';

export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export interface Export {
  readonly mediaType: string;
  readonly fileName: string;
  readonly content: AsyncIterable<string>;
}

const PAGE = 1_000;
const MEDIA_TYPES: Readonly<Record<ExportFormat, string>> = {
  csv: 'text/csv; charset=utf-8',
  json: 'application/json; charset=utf-8',
  jsonl: 'application/x-ndjson; charset=utf-8',
  sdf: 'chemical/x-mdl-sdfile',
  bib: 'application/x-bibtex',
};
const SDF = 'chemical/x-mdl-sdfile';
/** Role of the one structure that stands for a row. */
const BEST_POSE = 'best_pose';

/** @throws HubError job_not_found before the first byte */
export async function exportRows(
  ctx: HubContext,
  { owner }: Principal,
  id: string,
  format: ExportFormat,
  sort: 'index' | 'rank',
): Promise<Export> {
  const job = await findJobDetail(ctx.db, owner, jobIdOf(id));
  if (!job) throw notFound(id);
  const rows = readAll(ctx, { owner }, job, sort);
  const content = { csv: csvOf, json: jsonOf, jsonl: jsonlOf, sdf: sdfOf, bib: bibOf }[format](ctx, job, rows);
  return { mediaType: MEDIA_TYPES[format], fileName: `omtx-${job.id}.${format}`, content };
}

async function* readAll(ctx: HubContext, { owner }: Principal, job: StoredJobDetail, sort: 'index' | 'rank'): AsyncGenerator<StoredRow> {
  for (let offset = 0; ; offset += PAGE) {
    const rows = await listRows(ctx.db, owner, job.id, { sort, offset, limit: PAGE });
    yield* rows;
    if (rows.length < PAGE) return;
  }
}

async function* jsonlOf(_ctx: HubContext, job: StoredJobDetail, rows: AsyncIterable<StoredRow>): AsyncGenerator<string> {
  for await (const row of rows) yield `${JSON.stringify(presentRow(job, row))}\n`;
}

async function* jsonOf(_ctx: HubContext, job: StoredJobDetail, rows: AsyncIterable<StoredRow>): AsyncGenerator<string> {
  yield '[';
  let separator = '\n';
  for await (const row of rows) {
    yield `${separator}${JSON.stringify(presentRow(job, row))}`;
    separator = ',\n';
  }
  yield '\n]\n';
}

/** One line per input row. Metrics carry their unit in the header; columns of the library that are not ours follow at the end. */
async function* csvOf(ctx: HubContext, job: StoredJobDetail, rows: AsyncIterable<StoredRow>): AsyncGenerator<string> {
  const metrics = metricsOf(ctx, job);
  let own: readonly string[] | undefined;
  for await (const row of rows) {
    if (own === undefined) {
      own = Object.keys(row.original ?? {});
      const titles = metrics.map(({ id, unit }) => (unit === '' ? id : `${id} [${unit}]`));
      yield csvLine([
        'rank',
        'index',
        'line',
        'name',
        'smiles',
        'canonical_smiles',
        'outcome',
        ...titles,
        'reused_from',
        'code',
        'message',
        ...own,
      ]);
    }
    const view = presentRow(job, row);
    yield csvLine([
      view.rank,
      view.index,
      view.line,
      view.name,
      smilesOf(view),
      view.canonicalSmiles,
      view.outcome ?? view.status,
      ...metrics.map(({ id }) => view.metrics[id] ?? null),
      view.reusedFrom,
      view.failure?.code ?? null,
      view.failure?.message ?? null,
      ...own.map((column) => row.original?.[column] ?? null),
    ]);
  }
}

/** How to cite the model that the job ran with. */
async function* bibOf(ctx: HubContext, job: StoredJobDetail): AsyncGenerator<string> {
  const state = findVersion(ctx.registry(), job.modelId, job.modelVersion) ?? findVersion(ctx.registry(), job.modelId, undefined);
  if (state) yield `${bibtexOf(manifestOf(state))}\n`;
  else yield await Promise.resolve(`% ${job.modelId} ${job.modelVersion} is no longer among the models of this hub.\n`);
}

/** Metrics of the model that the job ran with, the one that ranks first. */
function metricsOf(ctx: HubContext, job: StoredJobDetail): readonly MetricDefinition[] {
  const state = findVersion(ctx.registry(), job.modelId, job.modelVersion) ?? findVersion(ctx.registry(), job.modelId, undefined);
  const manifest = state && manifestOf(state);
  const ids = [...new Set([...(job.rankBy === null ? [] : [job.rankBy]), ...(manifest?.metrics ?? [])])];
  return ids.flatMap((id) => ctx.registry().metrics.get(id) ?? []);
}

function smilesOf({ ownInput }: RowView): string | null {
  const ligand = ownInput['ligand'];
  if (typeof ligand !== 'object' || ligand === null || !('smiles' in ligand)) return null;
  return typeof ligand.smiles === 'string' ? ligand.smiles : null;
}

/**
 * One line of RFC 4180. Text that a spreadsheet would run as a formula gets an apostrophe in front; numbers and SMILES-like text that
 * begins with none of these signs stay as they are.
 */
export function csvLine(cells: readonly (string | number | null)[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

function csvCell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The best structure of each row with its score and rank as data; rows without one have no record. */
async function* sdfOf(ctx: HubContext, job: StoredJobDetail, rows: AsyncIterable<StoredRow>): AsyncGenerator<string> {
  for await (const row of rows) {
    const files = row.artifacts?.filter((artifact) => artifact.mediaType === SDF) ?? [];
    const best = files.find((artifact) => artifact.role === BEST_POSE) ?? files[0];
    if (!best || row.status !== 'completed') continue;
    const { stream } = await ctx.artifacts.open(best.sha256);
    const [record = ''] = (await text(stream)).split(/^\$\$\$\$\r?\n?/m);
    yield `${record.trimEnd()}\n${sdfData(job, presentRow(job, row))}\n$$$$\n`;
  }
}

function sdfData(job: StoredJobDetail, row: RowView): string {
  const data: Readonly<Record<string, string | number | null>> = {
    omtx_job: job.id,
    omtx_index: row.index,
    omtx_name: row.name,
    omtx_rank: row.rank,
    omtx_outcome: row.outcome,
    ...row.metrics,
  };
  const items = Object.entries(data).flatMap(([name, value]) =>
    value === null ? [] : [`>  <${name}>\n${String(value).replaceAll(/[\r\n]+/g, ' ')}\n`],
  );
  return `\n${items.join('\n')}`;
}
