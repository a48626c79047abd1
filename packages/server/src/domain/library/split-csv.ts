/**
 * Splits CSV text, whole or in pieces, into records by RFC 4180, and never loses count: a record that breaks the rules is its first physical line alone, and
 * reading goes on at the next line. The usual parsers give up there, or take everything up to the next quote for one field.
 */
import { LineReader } from './text-lines.ts';
import { checkPending } from './unusable-library.ts';

/** A quoted field that runs longer is a forgotten quote. Bounds the look-ahead that a bad record costs. */
const MAX_RECORD_CHARACTERS = 64 * 1024;

export interface CsvRecord {
  /** 1-based physical line on which the record starts. */
  readonly line: number;
  readonly fields: readonly string[];
  /** What is wrong with the record; `fields` is then empty. */
  readonly problem?: string;
}

/** Takes a table in pieces and gives each record once its end is known; lines of white space only are none. */
export class CsvSplitter {
  #delimiter: string | undefined;
  #pending = '';
  #line = 1;
  #hasBegun = false;

  *push(text: string): Generator<CsvRecord, void> {
    yield* this.#read(this.#pending + text, false);
    checkPending(this.#pending, this.#line);
  }

  *end(): Generator<CsvRecord, void> {
    yield* this.#read(this.#pending, true);
  }

  *#read(whole: string, isLast: boolean): Generator<CsvRecord, void> {
    const buffer = this.#begin(whole);
    this.#delimiter ??= guessDelimiter(buffer, isLast);
    let position = 0;
    while (this.#delimiter !== undefined && position < buffer.length) {
      const lineEnd = endOfLine(buffer, position);
      const isBlank = buffer.slice(position, lineEnd).trim() === '';
      const record = isBlank ? undefined : readRecord(buffer, position, this.#delimiter);
      const end = record?.kind === 'record' ? record.end : lineEnd;
      // The line end may be half there, and a quote may be closed by what is still to come.
      const mayGoOn = record?.kind === 'broken' && buffer.length - position <= MAX_RECORD_CHARACTERS + 2;
      if (!isLast && (mayGoOn || end + 1 >= buffer.length)) break;
      if (record?.kind === 'record') yield { line: this.#line, fields: record.fields };
      else if (record) yield { line: this.#line, fields: [], problem: record.problem };
      this.#line += record?.kind === 'record' ? countLines(buffer, position, end) + 1 : 1;
      position = afterLineEnd(buffer, end);
    }
    this.#pending = buffer.slice(position);
  }

  #begin(buffer: string): string {
    if (this.#hasBegun || buffer === '') return buffer;
    this.#hasBegun = true;
    return buffer.startsWith('\uFEFF') ? buffer.slice(1) : buffer;
  }
}

/**
 * The delimiter of a table, from its first line that holds text: the one of `, ; tab |` that stands there most often outside quotes.
 * @returns undefined while that line has not come whole
 */
function guessDelimiter(text: string, isLast: boolean): string | undefined {
  const reader = new LineReader();
  let first: string | undefined;
  for (const { text: line } of reader.push(text)) {
    if (line.trim() === '') continue;
    first = line;
    break;
  }
  if (first === undefined && !isLast) return undefined;
  const plain = (first ?? text).replaceAll(/"[^"]*"/g, '');
  const counts = [',', ';', '\t', '|'].map((delimiter) => ({ delimiter, count: plain.split(delimiter).length }));
  return counts.reduce((most, next) => (next.count > most.count ? next : most)).delimiter;
}

type RecordReading =
  | { readonly kind: 'record'; readonly fields: readonly string[]; readonly end: number }
  | { readonly kind: 'broken'; readonly problem: string };

/** Reads from the start of a record to the line end that ends it. */
function readRecord(text: string, start: number, delimiter: string): RecordReading {
  const fields: string[] = [];
  for (let position = start; ; position += 1) {
    const field = text[position] === '"' ? readQuoted(text, position) : readPlain(text, position, delimiter);
    if (field.kind === 'broken') return field;
    fields.push(field.value);
    position = field.end;
    if (text[position] === delimiter) continue;
    if (position >= text.length || isLineEnd(text[position])) return { kind: 'record', fields, end: position };
    return { kind: 'broken', problem: `there is text after the closing quote of column ${String(fields.length)}` };
  }
}

type FieldReading =
  { readonly kind: 'field'; readonly value: string; readonly end: number } | { readonly kind: 'broken'; readonly problem: string };

/** A field without quotes; a quote inside one is text, as in the primes of chemical names. */
function readPlain(text: string, start: number, delimiter: string): FieldReading {
  let end = start;
  while (end < text.length && text[end] !== delimiter && !isLineEnd(text[end])) end += 1;
  return { kind: 'field', value: text.slice(start, end), end };
}

/** A quoted field: a doubled quote is one quote, line ends are text. */
function readQuoted(text: string, start: number): FieldReading {
  let closing = text.indexOf('"', start + 1);
  while (closing !== -1 && text[closing + 1] === '"' && closing - start <= MAX_RECORD_CHARACTERS) closing = text.indexOf('"', closing + 2);
  if (closing === -1 || closing - start > MAX_RECORD_CHARACTERS) return { kind: 'broken', problem: 'a quote is opened and not closed' };
  return { kind: 'field', value: text.slice(start + 1, closing).replaceAll('""', '"'), end: closing + 1 };
}

function isLineEnd(character: string | undefined): boolean {
  return character === '\n' || character === '\r';
}

function endOfLine(text: string, start: number): number {
  let end = start;
  while (end < text.length && !isLineEnd(text[end])) end += 1;
  return end;
}

function afterLineEnd(text: string, end: number): number {
  return text[end] === '\r' && text[end + 1] === '\n' ? end + 2 : end + 1;
}

/** Line ends inside [start, end). */
function countLines(text: string, start: number, end: number): number {
  return text.slice(start, end).match(/\r\n|\n|\r/g)?.length ?? 0;
}
