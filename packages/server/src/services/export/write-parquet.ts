/** A table as Parquet: typed columns, in groups of rows, so that memory holds one group. */
import { ByteWriter, ParquetWriter, schemaFromColumnData } from 'hyparquet-writer';
import { columnsOf, type Cell, type ExportColumn } from './export-columns.ts';
import type { ExportSource } from './export-source.ts';

const ROWS_PER_GROUP = 20_000;
const TYPES = { text: 'STRING', integer: 'INT32', number: 'DOUBLE' } as const;

export async function* parquetOf(source: ExportSource): AsyncGenerator<Buffer> {
  const columns = columnsOf(source);
  const out = new ByteWriter();
  const writer = new ParquetWriter({
    writer: out,
    schema: schemaFromColumnData({ columnData: columns.map((column) => columnData(column, [])) }),
    kvMetadata: metadataOf(source),
    createdBy: 'omtx-hub',
  });
  let cells: Cell[][] = columns.map(() => []);
  let rows = 0;
  for await (const row of source.read()) {
    columns.forEach(({ cell }, place) => cells[place]?.push(cell(row)));
    rows += 1;
    if (rows < ROWS_PER_GROUP) continue;
    await writer.write({
      columnData: columns.map((column, place) => columnData(column, cells[place] ?? [])),
      rowGroupSize: ROWS_PER_GROUP,
    });
    yield taken(out);
    [cells, rows] = [columns.map(() => []), 0];
  }
  if (rows > 0)
    await writer.write({
      columnData: columns.map((column, place) => columnData(column, cells[place] ?? [])),
      rowGroupSize: ROWS_PER_GROUP,
    });
  await writer.finish();
  yield taken(out);
}

function columnData({ title, kind }: ExportColumn, data: Cell[]) {
  return { name: title, data, type: TYPES[kind], nullable: true };
}

function metadataOf({ job, version, cursor, at }: ExportSource) {
  const told = {
    job: job.id,
    name: job.name,
    model: `${job.modelId} ${job.modelVersion}`,
    version,
    cursor: String(cursor),
    at: at.toISOString(),
  };
  return Object.entries(told).map(([key, value]) => ({ key: `omtx.${key}`, value }));
}

/** What was written since the last time; the writer goes on counting from the start of the file. */
function taken(out: ByteWriter): Buffer {
  const bytes = Buffer.from(out.getBytes());
  out.index = 0;
  return bytes;
}
