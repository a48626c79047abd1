/** Reads the final answer of a model server by the manifest: whether it is good, its numbers and tables, its files. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Failure, HttpArtifact, HttpRunner, Manifest, protocol } from '@omtx/contract';
import { isRecord, valueAt } from '../../domain/free-object.ts';
import { checkFailure, checkResult } from '../check-result.ts';
import type { RunnerOutcome } from '../runner.ts';

export interface AnswerReading {
  readonly manifest: Manifest;
  /** Metric that every result of the job must have. */
  readonly rankBy: string | null;
  /** Of the row, whatever the server answered. */
  readonly notes: readonly protocol.Note[];
  readonly runner: HttpRunner;
  /** Folder of the row, absolute. */
  readonly folder: string;
  /** Gets a file that the answer points to, at once: such addresses last for minutes. Its text says why when it cannot. */
  readonly fetchFile: (address: string) => Promise<Buffer | string>;
  readonly redact: (text: string) => string;
}

/** @param body as it came; throws only what the disk says and what aborts `fetchFile` */
export async function readAnswer(body: Buffer, reading: AnswerReading): Promise<RunnerOutcome> {
  const { runner, manifest, rankBy, notes, folder } = reading;
  const answer = parse(body);
  if (answer === undefined)
    return failed('missing_output', `The server answered with something that is no JSON: ${excerpt(body, reading)}`);
  const unmet = (runner.success ?? []).find(({ pointer, equals }) => valueAt(answer, pointer) !== equals);
  if (unmet) return { kind: 'failed', failure: refusal(answer, unmet.pointer, reading) };
  const metrics = metricsOf(answer, runner);
  if (typeof metrics === 'string') return failed('missing_output', metrics);
  const tables = tablesOf(answer, runner);
  if (typeof tables === 'string') return failed('missing_output', tables);
  await mkdir(folder, { recursive: true });
  const artifacts: protocol.WorkerArtifact[] = [];
  for (const definition of runner.result.artifacts ?? []) {
    const written = await writeArtifacts(answer, definition, reading);
    if (typeof written === 'string') return failed('missing_output', written);
    artifacts.push(...written);
  }
  return checkResult(manifest, rankBy, { type: 'result', row: '0', metrics, tables, artifacts, notes: [...notes] }, folder);
}

/** What a server says of a failure, without its secrets: at the manifest's pointer, else where servers usually say it. */
export function messageIn(body: Buffer, { runner, redact }: Pick<AnswerReading, 'runner' | 'redact'>): string {
  const answer = parse(body);
  const pointers = [runner.message, '/detail', '/message', '/error/message', '/error', '/details', '/title'];
  const told = pointers.map((pointer) => (pointer === undefined ? undefined : valueAt(answer, pointer))).find((value) => isSaid(value));
  return redact(told === undefined ? body.toString('utf8').slice(0, MESSAGE_CHARACTERS) : textOf(told)).trim();
}

const MESSAGE_CHARACTERS = 1_000;

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined; // The caller says so with the beginning of it.
  }
}

function isSaid(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

function textOf(value: unknown): string {
  return (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, MESSAGE_CHARACTERS);
}

function excerpt(body: Buffer, { redact }: AnswerReading): string {
  return redact(body.subarray(0, 200).toString('utf8'));
}

function refusal(answer: unknown, pointer: string, { runner, redact }: AnswerReading): Failure {
  const said = textOf(valueAt(answer, pointer) ?? null);
  const told = runner.message === undefined ? undefined : valueAt(answer, runner.message);
  const why = isSaid(told) ? `: ${textOf(told)}` : '.';
  return checkFailure({ code: 'model_error', message: redact(`The server says that it failed (${pointer} is ${said})${why}`) });
}

function failed(code: Failure['code'], message: string): RunnerOutcome {
  return { kind: 'failed', failure: { code, message } };
}

function metricsOf(answer: unknown, { result }: HttpRunner): Readonly<Record<string, number>> | string {
  const metrics: Record<string, number> = {};
  for (const [id, { pointer, scale = 1, offset = 0 }] of Object.entries(result.metrics)) {
    const value = valueAt(answer, pointer);
    if (value === undefined || value === null) continue;
    if (typeof value !== 'number') return `The answer has no number at ${pointer}, where ${id} should be.`;
    metrics[id] = value * scale + offset;
  }
  return metrics;
}

type Records = Record<string, unknown>[];

function tablesOf(answer: unknown, { result }: HttpRunner): Record<string, Records> | string {
  const tables: Record<string, Records> = {};
  for (const [id, { rows, columns }] of Object.entries(result.tables ?? {})) {
    const records = rows === undefined ? fromLists(answer, columns) : fromRecords(valueAt(answer, rows), columns);
    if (records === undefined)
      return `The answer has no list at ${rows ?? Object.values(columns).join(', ')}, where table ${id} should be.`;
    tables[id] = records;
  }
  return tables;
}

type Columns = Readonly<Record<string, string>>;

function fromRecords(list: unknown, columns: Columns): Records | undefined {
  if (!Array.isArray(list)) return undefined;
  return list.map((record: unknown) => recordOf(columns, (pointer) => valueAt(record, pointer)));
}

/** Lists side by side, one for each column; servers pad some of them with nothing. */
function fromLists(answer: unknown, columns: Columns): Records | undefined {
  const lists = Object.values(columns).map((pointer) => valueAt(answer, pointer));
  if (!lists.some(Array.isArray)) return undefined;
  const length = Math.max(...lists.map((list) => (Array.isArray(list) ? list.length : 0)));
  const records = Array.from({ length }, (_, row) => recordOf(columns, (pointer) => valueAt(answer, `${pointer}/${String(row)}`)));
  return records.filter((record) => Object.keys(record).length > 0);
}

function recordOf(columns: Columns, read: (pointer: string) => unknown): Record<string, unknown> {
  const cells = Object.entries(columns).map(([column, pointer]) => [column, read(pointer)] as const);
  return Object.fromEntries(cells.filter(([, value]) => value !== undefined && value !== null));
}

async function writeArtifacts(
  answer: unknown,
  { name, role, mediaType, pointer, form }: HttpArtifact,
  reading: AnswerReading,
): Promise<readonly protocol.WorkerArtifact[] | string> {
  const found = valueAt(answer, pointer);
  const entries = (Array.isArray(found) && form !== 'json' ? found : [found]).filter(isSaid);
  const written: protocol.WorkerArtifact[] = [];
  for (const [place, entry] of entries.entries()) {
    const content = await contentOf(entry, form, reading);
    if (typeof content === 'string') return `${name}: ${content}`;
    const path = name.replaceAll('{n}', String(place + 1));
    await writeFile(join(reading.folder, path), content);
    written.push({ name: path, path, mediaType, role });
    if (!name.includes('{n}')) break;
  }
  return written;
}

/** @returns its bytes, or why there are none */
async function contentOf(entry: unknown, form: HttpArtifact['form'], { fetchFile }: AnswerReading): Promise<Buffer | string> {
  if (form === 'json') return Buffer.from(JSON.stringify(entry));
  const text = isRecord(entry) ? undefined : entry;
  if (typeof text !== 'string') return 'the answer has no text there.';
  if (form === 'url') return fetchFile(text);
  if (form === 'text') return Buffer.from(text);
  const bytes = Buffer.from(text, 'base64');
  return bytes.length > 0 ? bytes : 'the answer has no base64 there.';
}
