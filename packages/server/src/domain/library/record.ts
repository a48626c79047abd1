/** What a library reader makes of a text: one record per data record, whatever its state. */
import type { Rejection } from '@omtx/contract';
import type { FreeObject } from '../free-object.ts';

export interface LibraryRecord {
  /** 0-based place among the data records; contiguous. */
  readonly index: number;
  /** 1-based physical line on which the record starts. */
  readonly line: number;
  readonly name?: string;
  /** As written; not checked for chemistry. */
  readonly smiles?: string;
  readonly molblock?: string;
  /** Whole own input, where the record gives more than a ligand. */
  readonly own?: FreeObject;
  /** What else the record holds, by column or property name. */
  readonly original?: Readonly<Record<string, string>>;
  /** Why the record cannot be used; its row is rejected with it. */
  readonly problem?: Rejection;
}

/** A reader's finding before it has its place. */
export type Finding = Omit<LibraryRecord, 'index'>;

/** Takes a text in pieces; every data record becomes exactly one finding, in order. Holds no more than the record that is being read. */
export interface LibraryReader {
  /** Headers of the table, once they are read; empty for what has none. */
  readonly columns: readonly string[];
  /** @throws UnusableLibrary */
  push(text: string): Iterable<Finding>;
  /** @throws UnusableLibrary */
  end(): Iterable<Finding>;
}

export function malformed(line: number, message: string): Finding {
  return { line, problem: { code: 'rejected_malformed_row', message } };
}

export function empty(line: number): Finding {
  return { line, problem: { code: 'rejected_empty', message: `The record on line ${String(line)} has no molecule.` } };
}
