/** Tables as text: CSV and TSV. */
import { columnsOf, type Cell } from './export-columns.ts';
import type { ExportSource } from './export-source.ts';

/** Lines are sent together: a line each would cost more than what is in it. */
const LINES_PER_PIECE = 200;

export function csvOf(source: ExportSource): AsyncGenerator<string> {
  return linesOf(source, csvLine);
}

/** Line ends and tabs inside a value become blanks, as no reader of TSV agrees with another about quotes. */
export function tsvOf(source: ExportSource): AsyncGenerator<string> {
  return linesOf(
    source,
    (cells) => `${cells.map((cell) => (typeof cell === 'string' ? safe(cell).replaceAll(/[\t\r\n]+/g, ' ') : (cell ?? ''))).join('\t')}\n`,
  );
}

async function* linesOf(source: ExportSource, line: (cells: readonly Cell[]) => string): AsyncGenerator<string> {
  const columns = columnsOf(source);
  let piece = line(columns.map(({ title }) => title));
  let lines = 1;
  for await (const row of source.read()) {
    piece += line(columns.map(({ cell }) => cell(row)));
    lines += 1;
    if (lines < LINES_PER_PIECE) continue;
    yield piece;
    [piece, lines] = ['', 0];
  }
  if (piece !== '') yield piece;
}

/**
 * One line of RFC 4180. Text that a spreadsheet would run as a formula gets an apostrophe in front; numbers and SMILES-like text that
 * begins with none of these signs stay as they are.
 */
export function csvLine(cells: readonly Cell[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

function csvCell(value: Cell): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = safe(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A spreadsheet takes these for the start of a formula, also behind blanks and in their wide forms; a number with a sign is none. */
export function isFormula(text: string): boolean {
  return /^\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r\n]/.test(text) && !/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text);
}

function safe(text: string): string {
  return isFormula(text) ? `'${text}` : text;
}
