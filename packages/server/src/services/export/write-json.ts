/** Rows as JSON, whole or a line each. */
import { recordOf, type ExportSource } from './export-source.ts';

export async function* jsonlOf({ job, read }: ExportSource): AsyncGenerator<string> {
  for await (const row of read()) yield `${JSON.stringify(recordOf(job, row))}\n`;
}

export async function* jsonOf({ job, read }: ExportSource): AsyncGenerator<string> {
  yield '[';
  let separator = '\n';
  for await (const row of read()) {
    yield `${separator}${JSON.stringify(recordOf(job, row))}`;
    separator = ',\n';
  }
  yield '\n]\n';
}
