/** A table as text: comma, semicolon, tab or bar; with a header, or without one where the first column is the SMILES and the second the name. */
import { findChosenColumn, findNameColumn, findSmilesColumn } from './column-names.ts';
import { collectRecords, empty, malformed, type Finding, type LibraryReading } from './record.ts';
import { guessDelimiter, splitCsv, type CsvRecord } from './split-csv.ts';

export interface ColumnChoice {
  readonly smilesColumn?: string;
  readonly nameColumn?: string;
}

interface Columns {
  /** Undefined for a table without header: then no column count is due and there are no further columns to carry. */
  readonly headers: readonly string[] | undefined;
  readonly smiles: number;
  readonly name: number | undefined;
}

/** @param choice columns by header; a table that is read with a choice has a header. Memory is a small multiple of the text. */
export function readCsv(text: string, choice: ColumnChoice, maxRows: number): LibraryReading {
  const records = splitCsv(text, guessDelimiter(text));
  const first = records.next();
  if (first.done === true) return { kind: 'records', records: [] };
  if (first.value.problem !== undefined && hasChoice(choice)) {
    return {
      kind: 'unusable',
      field: 'text',
      reason: `The header on line ${String(first.value.line)} cannot be read: ${first.value.problem}.`,
    };
  }
  const columns = chooseColumns(
    first.value.fields.map((field) => field.trim()),
    choice,
  );
  if ('kind' in columns) return columns;
  return collectRecords(findingsOf(columns.headers ? [] : [first.value], records, columns), maxRows);
}

function* findingsOf(before: readonly CsvRecord[], records: Iterable<CsvRecord>, columns: Columns): Generator<Finding, void> {
  for (const record of before) yield findingOf(record, columns);
  for (const record of records) yield findingOf(record, columns);
}

function hasChoice({ smilesColumn, nameColumn }: ColumnChoice): boolean {
  return smilesColumn !== undefined || nameColumn !== undefined;
}

function chooseColumns(first: readonly string[], choice: ColumnChoice): Columns | Extract<LibraryReading, { kind: 'unusable' }> {
  const listed = `Its columns are ${first.map((header) => `"${header}"`).join(', ')}.`;
  const smiles = choice.smilesColumn === undefined ? findSmilesColumn(first) : findChosenColumn(first, choice.smilesColumn);
  const name = choice.nameColumn === undefined ? findNameColumn(first) : findChosenColumn(first, choice.nameColumn);
  if (choice.smilesColumn !== undefined && smiles === undefined) {
    return { kind: 'unusable', field: 'smilesColumn', reason: `The table has no column "${choice.smilesColumn}". ${listed}` };
  }
  if (choice.nameColumn !== undefined && name === undefined) {
    return { kind: 'unusable', field: 'nameColumn', reason: `The table has no column "${choice.nameColumn}". ${listed}` };
  }
  if (smiles !== undefined) return { headers: uniqueHeaders(first), smiles, name: name === smiles ? undefined : name };
  if (name !== undefined || isWord(first[0] ?? ''))
    return {
      kind: 'unusable',
      field: 'smilesColumn',
      reason: `No header of the table says which column holds the SMILES. ${listed} Name it with smilesColumn.`,
    };
  return { headers: undefined, smiles: 0, name: 1 };
}

/** Letters that cannot be a SMILES, such as `compound`: a header of a name that we do not know, which must not be taken for a molecule. */
function isWord(cell: string): boolean {
  return /^[A-Za-z][A-Za-z _-]*$/.test(cell) && !/^(Cl|Br|[BCNOPSFIbcnops]|-)+$/.test(cell);
}

function findingOf({ line, fields, problem }: CsvRecord, { headers, smiles: smilesColumn, name: nameColumn }: Columns): Finding {
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
function uniqueHeaders(headers: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return headers.map((header, column) => {
    const base = header === '' ? `column ${String(column + 1)}` : header;
    let unique = base;
    for (let copy = 2; taken.has(unique); copy += 1) unique = `${base} (${String(copy)})`;
    taken.add(unique);
    return unique;
  });
}
