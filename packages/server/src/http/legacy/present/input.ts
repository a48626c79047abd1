/** The hub's inputs under their old names. */
import { isRecord, type FreeObject } from '../../../domain/free-object.ts';
import type { Entry, JobOfEntry, RowEntry, RowOfEntry } from '../../../services/read-entries.ts';
import { toSnake } from '../../../domain/legacy/names.ts';

/** Longer texts of the shared input (a structure file) are not repeated with every child. */
const MAX_REPEATED_TEXT = 4_000;

export interface LigandOfRow {
  readonly name: string;
  readonly smiles: string;
}

export function ligandOfRow(row: Pick<RowOfEntry, 'index' | 'name' | 'ownInput' | 'canonicalSmiles'>): LigandOfRow {
  const ligand = isRecord(row.ownInput['ligand']) ? row.ownInput['ligand'] : {};
  const smiles = typeof ligand['smiles'] === 'string' ? ligand['smiles'] : (row.canonicalSmiles ?? '');
  return { name: row.name ?? `Ligand_${String(row.index + 1)}`, smiles };
}

export function proteinName({ sharedInput }: Pick<JobOfEntry, 'sharedInput'>): string {
  return textField(sharedInput, ['proteinName', 'targetName']) ?? 'Unknown Protein';
}

export function proteinSequence({ sharedInput }: Pick<JobOfEntry, 'sharedInput'>): string {
  return textField(sharedInput, ['proteinSequence']) ?? '';
}

function textField(input: FreeObject, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = input[name];
    if (typeof value === 'string' && value !== '') return value;
  }
  return undefined;
}

/** `input_data` of a job or child: `ligand: {smiles, name}` is `ligand_smiles` and `ligand_name`. */
export function inputData(entry: Entry): FreeObject {
  switch (entry.kind) {
    case 'individual':
      return flat({ ...entry.job.sharedInput, ...entry.row.ownInput });
    case 'batch_parent':
      return flat(entry.job.sharedInput);
    case 'batch_child':
      return childInput(entry);
    default:
      return entry satisfies never;
  }
}

/** The same for lists: without long texts. */
export function shortInputData(entry: Entry): FreeObject {
  return shortOf(inputData(entry));
}

/** The four keys that every child had, and what else is short or the row's own. */
function childInput({ job, row }: RowEntry): FreeObject {
  const { name, smiles } = ligandOfRow(row);
  return {
    ...flat({ ...shortOf(job.sharedInput), ...row.ownInput }),
    protein_sequence: proteinSequence(job),
    protein_name: proteinName(job),
    ligand_smiles: smiles,
    ligand_name: name,
  };
}

const shortened = new WeakMap<FreeObject, FreeObject>();

/** An input without its long texts. Children of a batch share theirs, so it is looked at once and not for each of them. */
function shortOf(input: FreeObject): FreeObject {
  const known = shortened.get(input);
  if (known) return known;
  const short = Object.fromEntries(Object.entries(input).filter(([, value]) => JSON.stringify(value).length <= MAX_REPEATED_TEXT));
  shortened.set(input, short);
  return short;
}

function flat(input: FreeObject): FreeObject {
  const { ligand, ...others } = input;
  const ofLigand = isRecord(ligand) ? Object.entries(ligand).map(([key, value]) => [`ligand_${toSnake(key)}`, value] as const) : [];
  return Object.fromEntries([...Object.entries(others).map(([key, value]) => [toSnake(key), value] as const), ...ofLigand]);
}
