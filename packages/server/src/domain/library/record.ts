/** What a library reader makes of a text: one record per data record, whatever its state. */
import type { Rejection } from '@omtx/contract';

export interface LibraryRecord {
  /** 0-based place among the data records; contiguous. */
  readonly index: number;
  /** 1-based physical line on which the record starts. */
  readonly line: number;
  readonly name?: string;
  /** As written; not checked for chemistry. */
  readonly smiles?: string;
  readonly molblock?: string;
  /** What else the record holds, by column or property name. */
  readonly original?: Readonly<Record<string, string>>;
  /** Why the record cannot be used; its row is rejected with it. */
  readonly problem?: Rejection;
}

export type LibraryReading =
  | { readonly kind: 'records'; readonly records: readonly LibraryRecord[] }
  /** Nothing of the text can be read: a named column is missing, or none holds molecules. `field` is the field of `Library` to mend. */
  | { readonly kind: 'unusable'; readonly field: 'text' | 'smilesColumn' | 'nameColumn'; readonly reason: string }
  | { readonly kind: 'too_many_rows'; readonly maxRows: number };

/** A reader's finding before it has its place. */
export type Finding = Omit<LibraryRecord, 'index'>;

/** Numbers the findings and stops at the first beyond `maxRows`, so that a huge text is not read to its end. */
export function collectRecords(findings: Iterable<Finding>, maxRows: number): LibraryReading {
  const records: LibraryRecord[] = [];
  for (const finding of findings) {
    if (records.length === maxRows) return { kind: 'too_many_rows', maxRows };
    records.push({ index: records.length, ...finding });
  }
  return { kind: 'records', records };
}

export function malformed(line: number, message: string): Finding {
  return { line, problem: { code: 'rejected_malformed_row', message } };
}

export function empty(line: number): Finding {
  return { line, problem: { code: 'rejected_empty', message: `The record on line ${String(line)} has no molecule.` } };
}
