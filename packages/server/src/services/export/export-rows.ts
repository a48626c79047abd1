/** Rows of a job as a file, streamed: of one snapshot, in any order, all or chosen ones. */
import { HubError, type ExportFormat, type ExportRows } from '@omtx/contract';
import type { HubContext, Principal } from '../context.ts';
import { selectionOf } from '../read-rows.ts';
import type { ExportSource } from './export-source.ts';
import { openSource, type OpenSource } from './open-source.ts';
import { bibOf } from './write-bib.ts';
import { csvOf, tsvOf } from './write-csv.ts';
import { jsonlOf, jsonOf } from './write-json.ts';
import { parquetOf } from './write-parquet.ts';
import { sdfOf } from './write-sdf.ts';
import { xlsxOf } from './write-xlsx.ts';
import { zipOf } from './write-zip.ts';

export interface Export {
  readonly mediaType: string;
  readonly fileName: string;
  /** Equal versions mean equal rows. */
  readonly version: string;
  /** Number of the last event of the job that is in it. */
  readonly cursor: number;
  /** To be read to its end or given up by `return`; either lets go of everything. */
  readonly content: AsyncGenerator<string | Buffer>;
}

export type ExportQuery = Omit<ExportRows, 'format'>;

interface Format {
  readonly mediaType: string;
  readonly write: (source: ExportSource) => AsyncIterable<string | Buffer>;
  /** Reads what a table has no place for. */
  readonly withTables?: true;
}

const FORMATS: Readonly<Record<ExportFormat, Format>> = {
  csv: { mediaType: 'text/csv; charset=utf-8', write: csvOf },
  tsv: { mediaType: 'text/tab-separated-values; charset=utf-8', write: tsvOf },
  json: { mediaType: 'application/json; charset=utf-8', write: jsonOf, withTables: true },
  jsonl: { mediaType: 'application/x-ndjson; charset=utf-8', write: jsonlOf, withTables: true },
  sdf: { mediaType: 'chemical/x-mdl-sdfile', write: sdfOf },
  xlsx: { mediaType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', write: xlsxOf },
  parquet: { mediaType: 'application/vnd.apache.parquet', write: parquetOf },
  zip: { mediaType: 'application/zip', write: zipOf, withTables: true },
  bib: { mediaType: 'application/x-bibtex', write: bibOf },
};

/** @throws HubError job_not_found, invalid_query; all before the first byte */
export async function exportRows(
  ctx: HubContext,
  principal: Principal,
  id: string,
  format: ExportFormat,
  query: ExportQuery = {},
): Promise<Export> {
  const { rows: indexes, ...view } = query;
  if (indexes && Object.keys(view).length > 0)
    throw new HubError('invalid_query', 'rows: chosen rows have the order in which they are named; leave out filter and order', [
      { pointer: 'rows', detail: 'not together with a filter or an order' },
    ]);
  const { mediaType, write, withTables = false } = FORMATS[format];
  const order = indexes ? 'as chosen' : (query.sort ?? 'index');
  const source = await openSource(ctx, principal, id, { selection: selectionOf(ctx, view), indexes, order, withTables });
  const { job, version, cursor } = source;
  return { mediaType, fileName: `omtx-${job.id}.${format}`, version, cursor, content: contentOf(source, write) };
}

async function* contentOf(source: OpenSource, write: Format['write']): AsyncGenerator<string | Buffer> {
  try {
    yield* write(source);
  } finally {
    await source.close();
  }
}
