/**
 * Everything of a job as a ZIP archive: `results.csv` for a spreadsheet, `rows.jsonl` with all that each row holds, `input.json`, the files
 * of the job and of each row, and `manifest.json` with what was asked, of which moment it is, and the checksum of every file.
 */
import { HubError } from '@omtx/contract';
import { findVersion, manifestOf } from '../../catalog/registry.ts';
import type { StoredArtifactLink } from '../../storage/tables.ts';
import type { ExportedRow } from '../../storage/rows/export-rows.ts';
import { presentJob } from '../present.ts';
import { archiveOf, digesting, type ArchiveEntry } from './archive.ts';
import { recordOf, type ExportSource } from './export-source.ts';
import { wholeFile } from './whole-file.ts';
import { csvOf } from './write-csv.ts';

export const ARCHIVE_KIND = 'omtx-job';
export const ARCHIVE_VERSION = 1;

interface ListedFile {
  readonly path: string;
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** A file that cannot be read as it was stored. */
interface MissingFile {
  readonly path: string;
  readonly reason: string;
}

export function zipOf(source: ExportSource): AsyncGenerator<Buffer> {
  return archiveOf(entriesOf(source), source.at);
}

async function* entriesOf(source: ExportSource): AsyncGenerator<ArchiveEntry> {
  const files: ListedFile[] = [];
  const missing: MissingFile[] = [];
  const listed = (path: string, content: AsyncIterable<string | Buffer>): ArchiveEntry => ({
    name: path,
    content: digesting(content, (digest) => files.push({ path, ...digest })),
  });
  yield listed('results.csv', csvOf(source));
  yield listed('rows.jsonl', rowsOf(source));
  yield listed('input.json', once(`${JSON.stringify({ shared: source.job.shared, parameters: source.job.parameters }, undefined, 2)}\n`));
  for (const { path, artifact } of placed('job', source.job.artifacts)) yield* fileOf(source, path, artifact, listed, missing);
  for await (const row of source.read()) {
    if (row.outcome !== 'completed') continue;
    for (const { path, artifact } of placed(folderOf(row), row.artifacts ?? [])) yield* fileOf(source, path, artifact, listed, missing);
  }
  yield { name: 'manifest.json', content: `${JSON.stringify(manifestFor(source, files, missing), undefined, 2)}\n` };
}

/** A file that is damaged or gone is named in the manifest and not in the archive; the others are whole. */
async function* fileOf(
  { ctx }: ExportSource,
  path: string,
  { sha256 }: StoredArtifactLink,
  listed: (path: string, content: AsyncIterable<string | Buffer>) => ArchiveEntry,
  missing: MissingFile[],
): AsyncGenerator<ArchiveEntry> {
  try {
    const content = await wholeFile(ctx.artifacts, sha256);
    yield listed(path, Buffer.isBuffer(content) ? once(content) : content);
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    missing.push({ path, reason: error.message });
  }
}

/** Each row with the paths of its files in the archive; those of a reused row lie with its original. */
async function* rowsOf({ job, read }: ExportSource): AsyncGenerator<string> {
  for await (const row of read()) {
    const { artifacts, ...record } = recordOf(job, row);
    const files = placed(folderOf(row), artifacts).map(({ path, artifact: { href: _href, ...artifact } }) => ({ ...artifact, path }));
    yield `${JSON.stringify({ ...record, artifacts: files })}\n`;
  }
}

/** Files of a reused row lie with its original. */
function folderOf({ outcome, reusedFrom, index }: ExportedRow): string {
  return `rows/${String(outcome === 'reused' && reusedFrom !== null ? reusedFrom : index).padStart(6, '0')}`;
}

/** Each file once, under a path of its own: files of one name, such as those of several runs, are told apart by their content. */
function placed<File extends { readonly name: string; readonly sha256: string }>(
  folder: string,
  artifacts: readonly File[],
): readonly { readonly path: string; readonly artifact: File }[] {
  const taken = new Map<string, string>();
  return artifacts.flatMap((artifact) => {
    const plain = `${folder}/${safeName(artifact.name)}`;
    const isTaken = taken.has(plain) && taken.get(plain) !== artifact.sha256;
    const path = isTaken ? `${folder}/${artifact.sha256.slice(0, 12)}/${safeName(artifact.name)}` : plain;
    if (taken.has(path)) return [];
    taken.set(path, artifact.sha256);
    return [{ path, artifact }];
  });
}

/** Neither a folder nor a step out of one. */
function safeName(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9._-]/g, '_').replace(/^\.+/, '_');
}

async function* once<Piece extends string | Buffer>(whole: Piece): AsyncGenerator<Piece> {
  yield await Promise.resolve(whole);
}

function manifestFor(
  { ctx, job, metrics, version, cursor, at, rows, order }: ExportSource,
  files: readonly ListedFile[],
  missing: readonly MissingFile[],
) {
  const state = findVersion(ctx.registry(), job.modelId, job.modelVersion);
  const model = state && manifestOf(state);
  return {
    kind: ARCHIVE_KIND,
    formatVersion: ARCHIVE_VERSION,
    exportedAt: at.toISOString(),
    rowsVersion: version,
    cursor,
    rows,
    isWhole: order === 'index' && rows === job.total,
    order,
    job: {
      ...presentJob(job),
      routedBy: job.routedBy,
      seed: job.seed,
      timeoutSeconds: job.timeoutSeconds,
      maxConcurrency: job.maxConcurrency,
      rankBy: job.rankBy,
      rankAscending: job.rankAscending,
      sharedSha256: job.sharedSha256,
      artifacts: placed('job', job.artifacts).map(({ path, artifact }) => ({ ...artifact, path })),
      notes: job.notes,
    },
    model: model && {
      id: model.id,
      name: model.name,
      version: model.version,
      license: model.license,
      source: model.source,
      citation: model.citation,
      homepage: model.homepage,
    },
    metrics,
    files,
    missing,
  };
}
