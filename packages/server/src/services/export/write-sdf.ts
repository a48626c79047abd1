/** The best structure of each row as SDF, with score, rank and the columns of the library as data; rows without one have no record. */
import { text } from 'node:stream/consumers';
import { HubError } from '@omtx/contract';
import type { StoredArtifactLink } from '../../storage/tables.ts';
import type { ExportedRow } from '../../storage/rows/export-rows.ts';
import { columnsOf, type ExportColumn } from './export-columns.ts';
import type { ExportSource } from './export-source.ts';

const SDF = 'chemical/x-mdl-sdfile';
/** Role of the one structure that stands for a row. */
const BEST_POSE = 'best_pose';
const EMPTY_MOLECULE = '     omtx-hub\n\n  0  0  0  0  0  0  0  0  0  0999 V2000\nM  END';

export async function* sdfOf(source: ExportSource): AsyncGenerator<string> {
  const columns = columnsOf(source).filter(({ title }) => title !== 'code' && title !== 'message');
  for await (const row of source.read()) {
    const best = bestPoseOf(row);
    if (!best) continue;
    const { molecule, fault } = await moleculeOf(source, best, row);
    yield `${molecule}\n${dataOf(source, columns, row, fault)}\n$$$$\n`;
  }
}

/** A file that is damaged or gone leaves a record without atoms that says so; the other records are whole. */
async function moleculeOf(
  { ctx }: ExportSource,
  { sha256 }: StoredArtifactLink,
  { name }: ExportedRow,
): Promise<{ readonly molecule: string; readonly fault: string | null }> {
  try {
    const { stream } = await ctx.artifacts.open(sha256);
    const [record = ''] = (await text(stream)).split(/^\$\$\$\$\r?\n?/m);
    return { molecule: record.trimEnd(), fault: null };
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    return { molecule: `${(name ?? '').replaceAll(/[\r\n]+/g, ' ')}\n${EMPTY_MOLECULE}`, fault: error.message };
  }
}

export function bestPoseOf({ status, artifacts }: ExportedRow): StoredArtifactLink | undefined {
  if (status !== 'completed') return undefined;
  const files = artifacts?.filter((artifact) => artifact.mediaType === SDF) ?? [];
  return files.find((artifact) => artifact.role === BEST_POSE) ?? files[0];
}

function dataOf({ job }: ExportSource, columns: readonly ExportColumn[], row: ExportedRow, fault: string | null): string {
  const items = [
    ['omtx_job', job.id] as const,
    ['omtx_fault', fault] as const,
    ...columns.map(({ title, cell }) => [tagOf(title), cell(row)] as const),
  ];
  const lines = items.flatMap(([name, value]) =>
    value === null || value === '' ? [] : [`>  <${name}>\n${String(value).replaceAll(/[\r\n]+/g, ' ')}\n`],
  );
  return `\n${lines.join('\n')}`;
}

/** Neither a line end nor an angle bracket may be in the name of a property. */
function tagOf(title: string): string {
  return title.replaceAll(/[<>\r\n]+/g, '_');
}
