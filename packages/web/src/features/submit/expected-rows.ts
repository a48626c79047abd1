/** How many rows a submission will have and what becomes of them before any runs. Pure. */
import type { Quote, Upload } from '@omtx/contract';
import type { CheckedLibrary } from './api/use-library.ts';
import type { Draft } from './draft.ts';
import { repeatedAmong, type CheckedSequence } from './sequences.ts';
import type { RowsKind } from './task-shape.ts';

export interface ExpectedRows {
  readonly total: number;
  readonly rejected: number;
  readonly repeated: number;
  readonly running: number;
  /** `exact`: every row was looked at; `estimate`: a sample was; `unchecked`: the hub looks when it runs. */
  readonly precision: 'exact' | 'estimate' | 'unchecked';
}

export interface RowsRead {
  readonly kind: RowsKind;
  readonly library: CheckedLibrary | undefined;
  readonly upload: Upload | undefined;
  readonly sequences: readonly CheckedSequence[];
  readonly quote: Quote | undefined;
}

/** The hub's own count wins where it has looked at every row. */
export function expectedRows({ rowsOf }: Pick<Draft, 'rowsOf'>, read: RowsRead): ExpectedRows | undefined {
  const { quote } = read;
  if (rowsOf) return rowsFrom(rowsOf.total, 0, 0, 'unchecked');
  if (quote && quote.rows.unchecked === 0) return rowsFrom(quote.rows.total, quote.rows.rejected, quote.rows.reused, 'exact');
  switch (read.kind) {
    case 'ligands':
      return rowsOfLigands(read);
    case 'sequences': {
      if (read.sequences.length === 0) return undefined;
      const usable = read.sequences.filter(({ problem }) => problem === undefined);
      return rowsFrom(read.sequences.length, read.sequences.length - usable.length, repeatedAmong(usable), 'exact');
    }
    case 'form':
      return rowsFrom(1, 0, 0, 'exact');
    default:
      return read.kind satisfies never;
  }
}

function rowsOfLigands({ library, upload, quote }: RowsRead): ExpectedRows | undefined {
  const contents = upload?.contents;
  const total = contents?.records ?? library?.reading.total;
  if (total === undefined || total === 0) return undefined;
  if (!library || library.records.length === 0 || library.reading.isHead)
    return rowsFrom(total, quote?.rows.rejected ?? contents?.malformed ?? 0, 0, 'unchecked');
  const scale = library.reading.isSample ? total / library.records.length : 1;
  return rowsFrom(
    total,
    Math.max(Math.round(library.rejected * scale), quote?.rows.rejected ?? 0),
    // A sample meets few of the repeats; those of the same text are known of all records.
    library.reading.isSample ? sameText(library) : library.repeated,
    library.reading.isSample ? 'estimate' : 'exact',
  );
}

/** Rejected rows repeat nothing, however often their text is there. */
function sameText({ reading, records }: CheckedLibrary): number {
  const rejected = new Map<string, number>();
  records.forEach(({ molecule, reason }, place) => reason !== undefined && rejected.set(molecule, (reading.copies[place] ?? 1) - 1));
  return Math.max(0, reading.sameText - [...rejected.values()].reduce((sum, copies) => sum + copies, 0));
}

function rowsFrom(total: number, rejected: number, repeated: number, precision: ExpectedRows['precision']): ExpectedRows {
  return { total, rejected, repeated, running: Math.max(0, total - rejected - repeated), precision };
}
