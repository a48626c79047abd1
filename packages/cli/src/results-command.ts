/** `omtx results`: ranked rows as a table, or as a file of any format. */
import { createWriteStream } from 'node:fs';
import { Writable } from 'node:stream';
import type { ExportFormat, OmtxClient } from '@omtx/client';
import { EXPORT_FORMATS, type RowViewText } from '@omtx/contract';
import { Command, Option } from 'commander';
import { clientOf, common, type Common } from './command-options.ts';
import { UsageError } from './exit-codes.ts';
import { formatTable, TABLE_ROWS } from './table.ts';

interface ResultsOptions extends Common {
  readonly format?: ExportFormat;
  readonly output?: string;
  readonly sort?: string;
  readonly status?: string;
  readonly outcome?: string;
  readonly code?: string;
  readonly where?: string;
  readonly text?: string;
  readonly rows?: string;
}

/** Written as bytes, so never to a terminal. */
const BINARY: readonly ExportFormat[] = ['xlsx', 'parquet', 'zip'];

export function resultsCommand(): Command {
  return common(new Command('results').description('ranked rows of a job: a table, or a file with every row').argument('<id>', 'job'))
    .addOption(new Option('--format <format>', 'file format; a table where absent').choices(EXPORT_FORMATS))
    .option('--output <file>', 'write to a file in place of standard output')
    .option('--sort <keys>', 'order, such as -docking_score,name (table: rank; file: index)')
    .option('--status <statuses>', 'only these, such as failed,cancelled')
    .option('--outcome <outcomes>', 'only these, such as completed,reused')
    .option('--code <codes>', 'only rows with these failure or rejection codes')
    .option('--where <ranges>', 'only rows within ranges of metrics, such as docking_score:..-8')
    .option('--text <text>', 'only rows whose name holds this')
    .option('--rows <indexes>', 'these rows, such as 3,1,4, in this order')
    .action(async (id: string, options: ResultsOptions) => {
      const client = clientOf(options);
      const format = options.format ?? (options.json ? 'json' : undefined);
      if (format !== undefined) await writeFile(client, id, format, options);
      else await showTable(client, id, options);
    });
}

async function writeFile(client: OmtxClient, id: string, format: ExportFormat, options: ResultsOptions): Promise<void> {
  if (options.output === undefined && BINARY.includes(format) && process.stdout.isTTY)
    throw new UsageError(`--format ${format} is no text: name a file by --output.`);
  const { content } = await client.exportRows(id, format, { ...viewOf(options), ...chosenBy(options) });
  const out = options.output === undefined ? process.stdout : createWriteStream(options.output);
  await content.pipeTo(Writable.toWeb(out), { preventClose: out === process.stdout });
}

async function showTable(client: OmtxClient, id: string, options: ResultsOptions): Promise<void> {
  if (options.output !== undefined) throw new UsageError('--output needs --format, which says what to write.');
  const job = await client.getJob(id);
  const { rows: indexes } = chosenBy(options);
  const { rows, nextCursor } = indexes
    ? await client.rowsAt(id, indexes)
    : await client.listRows(id, { sort: 'rank', ...viewOf(options), limit: TABLE_ROWS });
  console.log(formatTable(rows, job.rankBy, process.stdout.columns));
  if (nextCursor !== null) console.error(`The first ${String(TABLE_ROWS)} of ${String(job.progress.total)} rows; get all by --format csv.`);
}

function viewOf({ sort, status, outcome, code, where, text }: ResultsOptions): RowViewText {
  return Object.fromEntries(Object.entries({ sort, status, outcome, code, where, text }).filter(([, value]) => value !== undefined));
}

function chosenBy({ rows }: ResultsOptions): { rows?: number[] } {
  if (rows === undefined) return {};
  if (!/^\d{1,9}(,\d{1,9})*$/.test(rows)) throw new UsageError(`--rows takes indexes with commas between, not "${rows}".`);
  return { rows: rows.split(',').map(Number) };
}
