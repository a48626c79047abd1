/**
 * What a task asks of a structure predictor, as one complex: a protein and a ligand, two sequences, one sequence or a list of molecules.
 * Each copy is a molecule with a name of its own. Pure; the worker of a local model reads its input in the same way.
 */
import type { ComplexConstraint, ComplexMolecule, ComplexTemplate } from '@omtx/contract';
import { Complex } from '@omtx/contract';
import { Value } from 'typebox/value';
import { isRecord, type FreeObject } from '../free-object.ts';
import { lettersOf } from '../msa.ts';

/** One molecule by its copies' names; a polymer has a sequence, a ligand SMILES or codes. */
export interface AskedMolecule {
  readonly kind: ComplexMolecule['type'];
  readonly ids: readonly string[];
  readonly sequence: string;
  readonly smiles: string;
  readonly codes: readonly string[];
  readonly cyclic: boolean;
  readonly modifications: readonly { readonly position: number; readonly ccd: string }[];
}

export interface AskedComplex {
  readonly molecules: readonly AskedMolecule[];
  readonly constraints: readonly ComplexConstraint[];
  readonly templates: readonly ComplexTemplate[];
  readonly binder: string | undefined;
}

const PARTS = Object.keys(Complex.properties);

/** @param asked shared and own input merged @returns undefined where it is none of these */
export function askedComplex(asked: FreeObject): AskedComplex | undefined {
  if (asked['molecules'] === undefined) return ofSequences(asked);
  const complex = Object.fromEntries(Object.entries(asked).filter(([name]) => PARTS.includes(name)));
  if (!Value.Check(Complex, complex)) return undefined;
  const { molecules, constraints = [], templates = [], affinity } = complex;
  return { molecules: named(molecules), constraints, templates, binder: affinity?.binder };
}

function ofSequences(asked: FreeObject): AskedComplex | undefined {
  const { proteinSequence, chainASequence, chainBSequence, ligand } = asked;
  const sequences = [proteinSequence, chainASequence, chainBSequence].filter((each) => typeof each === 'string');
  if (sequences.length === 0) return undefined;
  const chains: ComplexMolecule[] = sequences.map((sequence) => ({ type: 'protein', sequence }));
  const smiles = isRecord(ligand) && typeof ligand['smiles'] === 'string' ? ligand['smiles'] : undefined;
  const molecules = named([...chains, ...(smiles === undefined ? [] : [{ type: 'ligand' as const, smiles }])]);
  return { molecules, constraints: [], templates: [], binder: smiles === undefined ? undefined : molecules.at(-1)?.ids[0] };
}

function named(molecules: readonly ComplexMolecule[]): readonly AskedMolecule[] {
  const taken = new Set(molecules.flatMap(({ id }) => (id === undefined ? [] : [id])));
  const free = freeNames(taken);
  return molecules.map(({ type, id, sequence = '', smiles = '', ccd = [], copies = 1, cyclic = false, modifications = [] }) => {
    const ids = id === undefined ? [] : [id];
    while (ids.length < copies) ids.push(free.next().value ?? '');
    const codes = typeof ccd === 'string' ? [ccd] : ccd;
    return { kind: type, ids, sequence: lettersOf(sequence), smiles, codes, cyclic, modifications };
  });
}

/** A to Z, then AA and so on. */
function* freeNames(taken: ReadonlySet<string>): Generator<string, undefined> {
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
  for (const name of [...letters, ...letters.flatMap((first) => letters.map((second) => first + second))]) if (!taken.has(name)) yield name;
  return undefined;
}
