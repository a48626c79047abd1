/** What is in a library file, found in one pass: records, columns, what cannot be read, and whether a job can be made of it. */
import { MAX_SUBMIT_ROWS, type UploadContents } from '@omtx/contract';
import { chooseColumns, findingOf, uniqueHeaders, type ColumnChoice, type Columns } from './read-csv.ts';
import { openReader, type LibraryFormat } from './read-library.ts';
import type { Finding, LibraryReader } from './record.ts';
import { CsvSplitter, type CsvRecord } from './split-csv.ts';
import { UnusableLibrary } from './unusable-library.ts';

const MAX_PROBLEMS = 100;
const PREVIEW_RECORDS = 10;
const SAMPLES = 3;
/** Names of further columns that are listed. */
const MAX_COLUMNS = 1_000;
const MAX_SAMPLE_CHARACTERS = 200;

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Takes the text in pieces, as the readers do, and holds no more than they do. */
export class LibraryScan {
  readonly #reader: LibraryReader | undefined;
  readonly #table: TableScan | undefined;
  readonly #columns = new Map<string, string[]>();
  readonly #found: Mutable<UploadContents> = {
    records: 0,
    malformed: 0,
    problems: [],
    columns: [],
    smilesColumn: null,
    nameColumn: null,
    preview: [],
    unusable: null,
  };

  constructor(format: LibraryFormat, choice: ColumnChoice) {
    if (format === 'csv') this.#table = new TableScan(choice);
    else this.#reader = openReader(format, choice);
  }

  get records(): number {
    return this.#found.records;
  }

  /** @throws UnusableLibrary where the file as a whole is none of its format */
  push(text: string): void {
    for (const finding of (this.#reader ?? this.#table)?.push(text) ?? []) this.#take(finding);
  }

  /** @throws UnusableLibrary */
  end(): UploadContents {
    for (const finding of (this.#reader ?? this.#table)?.end() ?? []) this.#take(finding);
    const table = this.#table?.describe();
    const columns = table?.columns ?? [...this.#columns].map(([name, samples]) => ({ name, samples }));
    return { ...this.#found, ...table, columns, unusable: table?.unusable ?? this.#refusal() };
  }

  #take(finding: Finding): void {
    const found = this.#found;
    found.records += 1;
    const { line, name = null, smiles = null, problem, own } = finding;
    if (found.preview.length < PREVIEW_RECORDS) {
      const shown = smiles ?? (typeof own?.['proteinSequence'] === 'string' ? cut(own['proteinSequence']) : null);
      found.preview.push({ line, name, smiles: shown, problem: problem?.message ?? null });
    }
    if (!this.#table) this.#sample(finding.original ?? {});
    if (!problem) return;
    found.malformed += 1;
    if (found.problems.length < MAX_PROBLEMS) found.problems.push({ line, ...problem });
  }

  #sample(original: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(original)) {
      const samples = this.#columns.get(name);
      if (samples && samples.length < SAMPLES) samples.push(cut(value));
      else if (!samples && this.#columns.size < MAX_COLUMNS) this.#columns.set(name, [cut(value)]);
    }
  }

  #refusal(): UploadContents['unusable'] {
    const { records } = this.#found;
    if (records === 0) return { field: 'text', message: 'The file has no records.' };
    if (records <= MAX_SUBMIT_ROWS) return null;
    return {
      field: 'text',
      message: `The file has ${String(records)} records; one job takes at most ${String(MAX_SUBMIT_ROWS)}. Split it.`,
    };
  }
}

/** A table is counted and its columns are listed even where no header says which one holds the molecules: a person can then choose. */
class TableScan {
  readonly #choice: ColumnChoice;
  readonly #splitter = new CsvSplitter();
  #headers: readonly string[] = [];
  #samples: string[][] = [];
  #columns: Columns | undefined;
  #unusable: UnusableLibrary | undefined;

  constructor(choice: ColumnChoice) {
    this.#choice = choice;
  }

  *push(text: string): Generator<Finding, void> {
    for (const record of this.#splitter.push(text)) yield* this.#read(record);
  }

  *end(): Generator<Finding, void> {
    for (const record of this.#splitter.end()) yield* this.#read(record);
  }

  describe(): Pick<UploadContents, 'columns' | 'smilesColumn' | 'nameColumn' | 'unusable'> {
    const unusable = this.#unusable;
    return {
      columns: this.#headers.map((name, place) => ({ name, samples: this.#samples[place] ?? [] })),
      smilesColumn: this.#nameOf(this.#columns?.smiles),
      nameColumn: this.#nameOf(this.#columns?.name),
      unusable: unusable ? { field: unusable.field, message: unusable.message } : null,
    };
  }

  #nameOf(place: number | undefined): string | null {
    return place === undefined ? null : (this.#headers[place] ?? null);
  }

  *#read(record: CsvRecord): Generator<Finding, void> {
    if (this.#columns ?? this.#unusable) {
      yield this.#find(record);
      return;
    }
    const cells = record.fields.map((field) => field.trim());
    this.#headers = uniqueHeaders(cells);
    try {
      this.#columns = chooseColumns(cells, this.#choice);
      if (this.#columns.headers) return;
      this.#headers = cells.map((_, place) => `column ${String(place + 1)}`);
      yield this.#find(record);
    } catch (error) {
      if (!(error instanceof UnusableLibrary)) throw error;
      this.#unusable = error;
    }
  }

  #find(record: CsvRecord): Finding {
    record.fields.forEach((cell, place) => {
      const samples = (this.#samples[place] ??= []);
      if (samples.length < SAMPLES && cell.trim() !== '' && place < this.#headers.length) samples.push(cut(cell.trim()));
    });
    return this.#columns ? findingOf(record, this.#columns) : { line: record.line };
  }
}

function cut(text: string): string {
  return text.length > MAX_SAMPLE_CHARACTERS ? `${text.slice(0, MAX_SAMPLE_CHARACTERS - 1)}…` : text;
}
