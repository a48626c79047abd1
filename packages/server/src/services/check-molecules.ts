/** The chemistry of rows: can each molecule be read, is it within the model's limits, and what makes two of them the same. */
import type { Manifest, ManifestTask, Rejection } from '@omtx/contract';
import type { Chemistry, MoleculeQuery, MoleculeReading, Urgency } from '../chemistry/chemistry.ts';
import { isRecord, valueAt, type FreeObject } from '../domain/free-object.ts';
import { checkLimits } from '../domain/limits.ts';

export interface CheckedMolecule {
  readonly canonicalSmiles: string | null;
  readonly rejection: Rejection | null;
  /** Rows with the same one ask the same; undefined for a row that can be no one's original, such as a rejected one. */
  readonly identity: string | undefined;
  /** Where it was asked for. */
  readonly morgan?: Uint8Array | undefined;
}

/** @param inputs own inputs of the rows, in order; undefined for a row that is not to be looked at @returns one answer per input */
export async function checkMolecules(
  inputs: readonly (FreeObject | undefined)[],
  manifest: Manifest,
  task: ManifestTask,
  chemistry: Chemistry,
  urgency: Urgency,
  more?: 'fingerprint',
): Promise<readonly CheckedMolecule[]> {
  const readings = await readMolecules(inputs, task, (queries) =>
    chemistry.read(more ? queries.map((query) => ({ ...query, more })) : queries, urgency),
  );
  return inputs.map((input, place) => {
    if (input === undefined) return { canonicalSmiles: null, rejection: null, identity: undefined };
    return checkMolecule(input, readings[place], manifest, task);
  });
}

/** A molblock's coordinates may count for a model, so such rows are the same only when their whole input is. */
export function identityOf(input: FreeObject, canonicalSmiles: string | null, { molecule }: ManifestTask): string | undefined {
  if (!molecule || canonicalSmiles === null) return undefined;
  return hasMolblock(input) ? JSON.stringify(input) : canonicalSmiles;
}

/** Readings by row; undefined for rows without a molecule to read. */
async function readMolecules(
  inputs: readonly (FreeObject | undefined)[],
  { molecule }: ManifestTask,
  read: (queries: readonly MoleculeQuery[]) => Promise<readonly MoleculeReading[]>,
): Promise<readonly (MoleculeReading | undefined)[]> {
  const queries: MoleculeQuery[] = [];
  const places = inputs.map((input) => {
    const value = molecule && input ? valueAt(input, molecule.pointer) : undefined;
    if (!molecule || !isRecord(value)) return undefined;
    const { smiles, molblock } = value;
    if (typeof smiles === 'string') return queries.push({ smiles, cleaning: molecule.cleaning }) - 1;
    return typeof molblock === 'string' ? queries.push({ molblock, cleaning: molecule.cleaning }) - 1 : undefined;
  });
  const readings = await read(queries);
  return places.map((place) => (place === undefined ? undefined : readings[place]));
}

function checkMolecule(input: FreeObject, reading: MoleculeReading | undefined, manifest: Manifest, task: ManifestTask): CheckedMolecule {
  if (reading?.kind === 'unreadable') {
    const code = hasMolblock(input) ? 'rejected_invalid_structure' : 'rejected_invalid_smiles';
    return { canonicalSmiles: null, rejection: { code, message: reading.reason }, identity: undefined };
  }
  const canonicalSmiles = reading?.canonicalSmiles ?? null;
  const rejection = checkLimits(manifest.id, manifest.limits, { taskType: task.taskType, molecule: reading, input }) ?? null;
  return {
    canonicalSmiles,
    rejection,
    identity: rejection === null ? identityOf(input, canonicalSmiles, task) : undefined,
    morgan: reading?.morgan,
  };
}

function hasMolblock(input: FreeObject): boolean {
  return isRecord(input['ligand']) && input['ligand']['molblock'] !== undefined;
}
