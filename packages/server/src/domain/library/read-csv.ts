/** A table as text: comma, semicolon, tab or bar; with a header, or without one where the first column is the SMILES and the second the name. */
import { findChosenColumn, findNameColumn, findSmilesColumn } from './column-names.ts';
import { empty, malformed, type Finding, type LibraryReader } from './record.ts';
import { CsvSplitter, type CsvRecord } from './split-csv.ts';
import { UnusableLibrary } from './unusable-library.ts';

export interface ColumnChoice {
  readonly smilesColumn?: string;
  readonly nameColumn?: string;
}

export interface Columns {
  /** Undefined for a table without header: then no column count is due and there are no further columns to carry. */
  readonly headers: readonly string[] | undefined;
  readonly smiles: number;
  readonly name: number | undefined;
}

/** Choice is by header: a table that is read with a choice has one. */
export class CsvReader implements LibraryReader {
  readonly #choice: ColumnChoice;
  readonly #splitter = new CsvSplitter();
  #columns: Columns | undefined;

  constructor(choice: ColumnChoice) {
    this.#choice = choice;
  }

  get columns(): readonly string[] {
    return this.#columns?.headers ?? [];
  }

  *push(text: string): Generator<Finding, void> {
    for (const record of this.#splitter.push(text)) yield* this.#read(record);
  }

  *end(): Generator<Finding, void> {
    for (const record of this.#splitter.end()) yield* this.#read(record);
  }

  *#read(record: CsvRecord): Generator<Finding, void> {
    if (this.#columns) {
      yield findingOf(record, this.#columns);
      return;
    }
    if (record.problem !== undefined && hasChoice(this.#choice))
      throw new UnusableLibrary('text', `The header on line ${String(record.line)} cannot be read: ${record.problem}.`);
    this.#columns = chooseColumns(
      record.fields.map((field) => field.trim()),
      this.#choice,
    );
    if (!this.#columns.headers) yield findingOf(record, this.#columns);
  }
}

function hasChoice({ smilesColumn, nameColumn }: ColumnChoice): boolean {
  return smilesColumn !== undefined || nameColumn !== undefined;
}

/** @throws UnusableLibrary */
export function chooseColumns(first: readonly string[], choice: ColumnChoice): Columns {
  const listed = `Its columns are ${first.map((header) => `"${header}"`).join(', ')}.`;
  const smiles = choice.smilesColumn === undefined ? findSmilesColumn(first) : findChosenColumn(first, choice.smilesColumn);
  const name = choice.nameColumn === undefined ? findNameColumn(first) : findChosenColumn(first, choice.nameColumn);
  if (choice.smilesColumn !== undefined && smiles === undefined)
    throw new UnusableLibrary('smilesColumn', `The table has no column "${choice.smilesColumn}". ${listed}`);
  if (choice.nameColumn !== undefined && name === undefined)
    throw new UnusableLibrary('nameColumn', `The table has no column "${choice.nameColumn}". ${listed}`);
  if (smiles !== undefined) return { headers: uniqueHeaders(first), smiles, name: name === smiles ? undefined : name };
  if (name !== undefined || isWord(first[0] ?? ''))
    throw new UnusableLibrary(
      'smilesColumn',
      `No header of the table says which column holds the SMILES. ${listed} Name it with smilesColumn.`,
    );
  return { headers: undefined, smiles: 0, name: 1 };
}

/** Letters that cannot be a SMILES, such as `compound`: a header of a name that we do not know, which must not be taken for a molecule. */
function isWord(cell: string): boolean {
  return /^[A-Za-z][A-Za-z _-]*$/.test(cell) && !/^(Cl|Br|[BCNOPSFIbcnops]|-)+$/.test(cell);
}

export function findingOf({ line, fields, problem }: CsvRecord, { headers, smiles: smilesColumn, name: nameColumn }: Columns): Finding {
  if (problem !== undefined) return malformed(line, `Line ${String(line)} cannot be read: ${problem}.`);
  const cells = fields.map((field) => field.trim());
  if (headers && !fitsHeader(cells, headers.length)) {
    return malformed(
      line,
      `Line ${String(line)} has ${String(cells.length)} columns and the header ${String(headers.length)}. Quote values that hold the delimiter.`,
    );
  }
  const name = nameColumn === undefined ? '' : (cells[nameColumn] ?? '');
  const smiles = cells[smilesColumn] ?? '';
  const original = headers?.flatMap((header, column) =>
    column === smilesColumn || column === nameColumn ? [] : [[header, cells[column] ?? '']],
  );
  return {
    ...(smiles === '' ? empty(line) : { line, smiles }),
    ...(name === '' ? {} : { name }),
    ...(original === undefined || original.length === 0 ? {} : { original: Object.fromEntries(original) }),
  };
}

/** Empty cells beyond the header are what spreadsheets leave behind. */
function fitsHeader(cells: readonly string[], columns: number): boolean {
  return cells.length >= columns && cells.slice(columns).every((cell) => cell === '');
}

/** Columns without a header, or with one that was there already, get one of their own. */
export function uniqueHeaders(headers: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return headers.map((header, column) => {
    const base = header === '' ? `column ${String(column + 1)}` : header;
    let unique = base;
    for (let copy = 2; taken.has(unique); copy += 1) unique = `${base} (${String(copy)})`;
    taken.add(unique);
    return unique;
  });
}
