/** Ligands as old forms sent them. Pure. */
import { LIGAND_ARRAYS, type Library, type ManifestTask } from '@omtx/contract';
import { isRecord, valueAt, type FreeObject } from '../../domain/free-object.ts';
import { guessFormat } from '../../domain/library/guess-format.ts';

export interface LigandFields {
  readonly fields: FreeObject;
  /** Paths of keys that were left out. */
  readonly ignored: readonly string[];
}

/** Input fields with their ligands as lists or as a library, without the keys that the task's ligand does not have. */
export function cleanLigandFields(fields: FreeObject, task: ManifestTask | undefined): LigandFields {
  const cleaned: Record<string, unknown> = {};
  const ignored: string[] = [];
  for (const [name, given] of Object.entries(fields)) {
    // Where the task takes ligands, the old discovery form's library is a list of them; a list of their own name wins.
    const isLibrary = name === 'compound_library' && task?.rowsFrom.includes('ligands') === true;
    const isList = isLibrary || isLigandArray(name);
    const value = isList && typeof given === 'string' && given.trim() !== '' ? readLigandText(given) : given;
    if (isList && isRecord(value)) cleaned['library'] ??= value;
    else if (isList && Array.isArray(value)) {
      const list = value.map((entry: unknown) => knownKeys(entry, task, `input_data.${name}`, ignored));
      if (isLibrary) cleaned['ligands'] ??= list;
      else cleaned[name] = list;
    } else cleaned[name] = name === 'ligand' ? knownKeys(value, task, 'input_data.ligand', ignored) : value;
  }
  return { fields: cleaned, ignored };
}

export function isLigandArray(name: string): boolean {
  return LIGAND_ARRAYS.some((each) => each === name);
}

/** What the form's text field held: the JSON of a list, or a library (a table, or a SMILES on each line). */
function readLigandText(text: string): readonly unknown[] | Library {
  return listOf(text) ?? { format: guessFormat('', text), text };
}

function listOf(text: string): readonly unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined; // Then it is a library.
  }
}

/** Pages sent their own row numbers and weights along. A whole own input, with its ligand inside, is the schema's to check. */
function knownKeys(entry: unknown, task: ManifestTask | undefined, path: string, ignored: string[]): unknown {
  const schema = valueAt(task?.own, '/properties/ligand');
  const properties = isRecord(schema) && schema['additionalProperties'] === false ? schema['properties'] : undefined;
  if (!isRecord(properties) || !isRecord(entry) || entry['ligand'] !== undefined) return entry;
  const unknown = Object.keys(entry).filter((key) => !Object.hasOwn(properties, key));
  for (const key of unknown) if (!ignored.includes(`${path}.${key}`)) ignored.push(`${path}.${key}`);
  return Object.fromEntries(Object.entries(entry).filter(([key]) => !unknown.includes(key)));
}
