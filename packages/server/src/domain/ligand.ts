/** The ligand of a row in its one form. */
import { isRecord } from './free-object.ts';

/**
 * A ligand as clients write it, in the form of the tasks' schemas: a string is a SMILES, an object is kept without what is null or
 * blank (a row without a molecule is then missing one, and is rejected as such). Anything else is left for the schema to refuse.
 */
export function ligandOf(entry: unknown): unknown {
  if (typeof entry === 'string') return entry.trim() === '' ? {} : { smiles: entry.trim() };
  if (!isRecord(entry)) return entry;
  const kept = Object.entries(entry).filter(
    ([, value]) => value !== null && value !== undefined && !(typeof value === 'string' && value.trim() === ''),
  );
  // Molblocks are read by column, so their white space counts.
  return Object.fromEntries(kept.map(([key, value]) => [key, typeof value === 'string' && key !== 'molblock' ? value.trim() : value]));
}
