/** How large the input of a row is, for its time: heavy atoms and residues, roughly. Pure; reads text only, no chemistry. */
import { isRecord } from './free-object.ts';

/** Atoms of a SMILES: bracket atoms, halogens of two letters, then single letters; hydrogens and bonds are no heavy atoms. */
const SMILES_ATOM = /\[(?!\d*H[+-]?\d*\])[^\]]+\]|Cl|Br|[BCNOPSFIbcnops]/g;
/** Deep input is cut off: nothing that a model takes is nested like this. */
const MAX_DEPTH = 6;

/**
 * @param input own or shared input of a row
 * @returns heavy atoms of its molecules plus residues or bases of its sequences; 0 where it has neither
 */
export function inputSize(input: unknown, depth = 0): number {
  if (depth > MAX_DEPTH) return 0;
  if (Array.isArray(input)) return input.reduce((sum: number, each) => sum + inputSize(each, depth + 1), 0);
  if (!isRecord(input)) return 0;
  // One molecule may be given in two forms.
  if (typeof input['smiles'] === 'string') return atomsOfSmiles(input['smiles']);
  if (typeof input['molblock'] === 'string') return atomsOfMolblock(input['molblock']);
  if (typeof input['sequence'] === 'string') return input['sequence'].replace(/\s/g, '').length;
  return Object.values(input).reduce((sum: number, each) => sum + inputSize(each, depth + 1), 0);
}

function atomsOfSmiles(smiles: string): number {
  return smiles.match(SMILES_ATOM)?.length ?? 0;
}

/** By the counts line of V2000, or that of V3000; explicit hydrogens count, for reading each atom would cost more than it tells. */
export function atomsOfMolblock(molblock: string): number {
  const v3000 = /M {2}V30 COUNTS (\d+)/.exec(molblock)?.[1];
  return Number(v3000 ?? molblock.split('\n', 4)[3]?.slice(0, 3) ?? 0) || 0;
}
