/** Indexes ligands of accepted jobs for search, slice by slice: names, structures, and the fingerprints that a substructure is screened by. */
import { FINGERPRINT_BYTES, type MoleculeReading } from '../chemistry/chemistry.ts';
import {
  readLigands,
  takeSlices,
  writeSlices,
  type IndexedRow,
  type LigandEntry,
  type Slice,
  type SlicePatterns,
} from '../storage/search/pending.ts';
import type { HubContext } from './context.ts';

/** Molecules of smaller jobs are read when somebody asks. */
export const FEWEST_FINGERPRINTS = 1_000;

/** @returns whether there was anything to index */
export async function indexNext(ctx: HubContext, holder: string): Promise<boolean> {
  const slices = await takeSlices(ctx.db, holder);
  if (slices.length === 0) return false;
  const rows = await readLigands(ctx.db, slices);
  const readings = await readOnce(ctx, rows, slices);
  const ligands = rows.flatMap((row) => entryOf(row, readings.get(row.smiles)));
  await writeSlices(ctx.db, holder, slices, ligands, patternsOf(slices, rows, readings));
  return true;
}

/** Each molecule once. Of one whose InChIKey is known, only large jobs need more. */
async function readOnce(
  { chemistry }: HubContext,
  rows: readonly IndexedRow[],
  slices: readonly Slice[],
): Promise<ReadonlyMap<string, MoleculeReading>> {
  const large = new Set(slices.filter(isLarge).map(({ jobId }) => jobId));
  const asked = rows.filter(({ jobId, inchikey, isCanonical }) => inchikey === null || !isCanonical || large.has(jobId));
  const smiles = [...new Set(asked.map((row) => row.smiles))];
  const readings = await chemistry.read(
    smiles.map((each) => ({ smiles: each, cleaning: 'as_is', more: 'ligand' })),
    'background',
  );
  return new Map(readings.map((reading, place) => [smiles[place] ?? '', reading]));
}

function isLarge({ total }: Slice): boolean {
  return total >= FEWEST_FINGERPRINTS;
}

function entryOf(
  { jobId, index, smiles, isCanonical, inchikey }: IndexedRow,
  reading: MoleculeReading | undefined,
): readonly LigandEntry[] {
  const molecule = reading?.kind === 'molecule' ? reading : undefined;
  const canonicalSmiles = isCanonical ? smiles : molecule?.canonicalSmiles;
  return canonicalSmiles === undefined ? [] : [{ jobId, index, canonicalSmiles, inchikey: molecule?.inchikey ?? inchikey }];
}

function patternsOf(
  slices: readonly Slice[],
  rows: readonly IndexedRow[],
  readings: ReadonlyMap<string, MoleculeReading>,
): readonly SlicePatterns[] {
  return slices.filter(isLarge).map(({ jobId, start, end }) => {
    const bits = new Uint8Array((end - start) * FINGERPRINT_BYTES);
    for (const row of rows) {
      const reading = row.jobId === jobId ? readings.get(row.smiles) : undefined;
      if (reading?.kind === 'molecule' && reading.pattern) bits.set(reading.pattern, (row.index - start) * FINGERPRINT_BYTES);
    }
    return { jobId, start, bits };
  });
}
