/**
 * Splits CSV text into records by RFC 4180, and never loses count: a record that breaks the rules is its first physical line alone, and
 * reading goes on at the next line. The usual parsers give up there, or take everything up to the next quote for one field.
 */
import { linesOf } from './text-lines.ts';

/** A quoted field that runs longer is a forgotten quote. Bounds the look-ahead that a bad record costs. */
const MAX_RECORD_CHARACTERS = 64 * 1024;

export interface CsvRecord {
  /** 1-based physical line on which the record starts. */
  readonly line: number;
  readonly fields: readonly string[];
  /** What is wrong with the record; `fields` is then empty. */
  readonly problem?: string;
}

/** Records in order; lines of white space only are none. @param delimiter one character */
export function* splitCsv(text: string, delimiter: string): Generator<CsvRecord, void> {
  let position = text.startsWith('\uFEFF') ? 1 : 0;
  let line = 1;
  while (position < text.length) {
    const lineEnd = endOfLine(text, position);
    if (text.slice(position, lineEnd).trim() === '') {
      position = afterLineEnd(text, lineEnd);
      line += 1;
      continue;
    }
    const record = readRecord(text, position, delimiter);
    if (record.kind === 'record') {
      yield { line, fields: record.fields };
      line += countLines(text, position, record.end) + 1;
      position = afterLineEnd(text, record.end);
    } else {
      yield { line, fields: [], problem: record.problem };
      line += 1;
      position = afterLineEnd(text, lineEnd);
    }
  }
}

/** The delimiter of a table, from its first line that holds text: the one of `, ; tab |` that stands there most often outside quotes. */
export function guessDelimiter(text: string): string {
  let first = '';
  for (const { text: line } of linesOf(text)) {
    first = line.replaceAll(/"[^"]*"/g, '');
    if (first.trim() !== '') break;
  }
  const counts = [',', ';', '\t', '|'].map((delimiter) => ({ delimiter, count: first.split(delimiter).length }));
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
