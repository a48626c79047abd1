/** The table of an export: one line per row, the same columns in CSV, TSV, XLSX and Parquet. Units are in the headers. */
import type { ExportedRow } from '../../storage/rows/export-rows.ts';
import { smilesOf, type ExportSource } from './export-source.ts';

export type Cell = string | number | null;

export interface ExportColumn {
  /** Unique; with its unit in brackets. */
  readonly title: string;
  readonly kind: 'text' | 'integer' | 'number';
  /** What a person sees of a number; all digits are kept. */
  readonly decimals?: number;
  /** What it means, for the sheet that says so. */
  readonly meaning?: string;
  readonly cell: (row: ExportedRow) => Cell;
}

export function columnsOf({ metrics, ownFields, libraryColumns }: ExportSource): readonly ExportColumn[] {
  const own: readonly ExportColumn[] = [
    { title: 'rank', kind: 'integer', meaning: 'Place by the ranking metric; equal scores share it.', cell: ({ rank }) => rank },
    { title: 'index', kind: 'integer', meaning: 'Place in the input, from 0.', cell: ({ index }) => index },
    { title: 'line', kind: 'integer', meaning: 'Line of the library that the record begins on.', cell: ({ line }) => line },
    { title: 'name', kind: 'text', cell: ({ name }) => name },
    { title: 'smiles', kind: 'text', meaning: 'As it was given.', cell: smilesOf },
    {
      title: 'canonical_smiles',
      kind: 'text',
      meaning: "Canonical SMILES after the model's own cleaning.",
      cell: ({ canonicalSmiles }) => canonicalSmiles,
    },
    ...ownFields.map((field): ExportColumn => ({ title: field, kind: 'text', cell: ({ input }) => textOf(input[field]) })),
    {
      title: 'outcome',
      kind: 'text',
      meaning: 'What became of the row; its status where it has no outcome yet.',
      cell: ({ outcome, status }) => outcome ?? status,
    },
    ...metrics.map(({ id, unit, decimals, meaning }): ExportColumn => ({
      title: unit === '' ? id : `${id} [${unit}]`,
      kind: 'number',
      decimals,
      meaning,
      cell: (row) => row.metrics?.[id] ?? null,
    })),
    { title: 'seconds [s]', kind: 'number', decimals: 2, meaning: 'Time that the row ran.', cell: secondsOf },
    {
      title: 'reused_from',
      kind: 'integer',
      meaning: 'Index of the row that asked the same and whose result this row shares.',
      cell: ({ outcome, reusedFrom }) => (outcome === 'reused' ? reusedFrom : null),
    },
    { title: 'code', kind: 'text', meaning: 'Why the row failed or was rejected.', cell: ({ code }) => code },
    { title: 'message', kind: 'text', cell: ({ code, message }) => (code === null ? null : message) },
  ];
  return withLibrary(own, libraryColumns);
}

/** A column of the library that is called like one of ours keeps its place under a name of its own. */
function withLibrary(own: readonly ExportColumn[], libraryColumns: readonly string[]): readonly ExportColumn[] {
  const taken = new Set(own.map(({ title }) => title));
  const carried = libraryColumns.map((name): ExportColumn => {
    let title = name;
    for (let copy = 1; taken.has(title); copy += 1) title = copy === 1 ? `${name} (library)` : `${name} (library ${String(copy)})`;
    taken.add(title);
    return { title, kind: 'text', meaning: 'Column of the library.', cell: ({ original }) => original?.[name] ?? null };
  });
  return [...own, ...carried];
}

function secondsOf({ startedAt, finishedAt, outcome }: ExportedRow): number | null {
  if (startedAt === null || finishedAt === null || outcome === 'reused') return null;
  return (finishedAt.getTime() - startedAt.getTime()) / 1_000;
}

function textOf(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
