/**
 * JSON lines: each is a ligand (a SMILES as a string, or an object with `smiles` or `molblock` and perhaps `name`), or a whole own input
 * (an object with `ligand`, or one that names no molecule). Other fields of a ligand's object are carried as columns.
 */
import { isRecord, type FreeObject } from '../free-object.ts';
import { ligandOf } from '../ligand.ts';
import { empty, malformed, type Finding, type LibraryReader } from './record.ts';
import { LineReader, type TextLine } from './text-lines.ts';

export class NdjsonReader implements LibraryReader {
  readonly columns = [];
  readonly #lines = new LineReader();

  *push(text: string): Generator<Finding, void> {
    for (const line of this.#lines.push(text)) if (line.text.trim() !== '') yield findingOf(line);
  }

  *end(): Generator<Finding, void> {
    for (const line of this.#lines.end()) if (line.text.trim() !== '') yield findingOf(line);
  }
}

function findingOf({ line, text }: TextLine): Finding {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return malformed(line, `Line ${String(line)} is no JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
  if (typeof value === 'string') return value.trim() === '' ? empty(line) : { line, smiles: value.trim() };
  if (!isRecord(value)) return malformed(line, `Line ${String(line)} is neither a SMILES in quotes nor an object.`);
  return value['smiles'] === undefined && value['molblock'] === undefined ? ownInput(line, value) : ligand(line, value);
}

function ownInput(line: number, value: FreeObject): Finding {
  if (value['ligand'] === undefined) return { line, own: value };
  const own = { ...value, ligand: ligandOf(value['ligand']) };
  const name = isRecord(own.ligand) ? own.ligand['name'] : undefined;
  return { line, own, ...(typeof name === 'string' ? { name } : {}) };
}

function ligand(line: number, { name, smiles, molblock, ...others }: FreeObject): Finding {
  const isText = [name, smiles, molblock].every((field) => field === undefined || field === null || typeof field === 'string');
  if (!isText) return malformed(line, `Line ${String(line)}: name, smiles and molblock are texts.`);
  const original = Object.entries(others).map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)] as const);
  const texts = Object.entries({ name, smiles, molblock }).flatMap(([key, value]) =>
    typeof value === 'string' && value.trim() !== '' ? [[key, key === 'molblock' ? value : value.trim()] as const] : [],
  );
  const found: Finding = { line, ...Object.fromEntries(texts) };
  const base = found.smiles === undefined && found.molblock === undefined ? { ...empty(line), ...found } : found;
  return original.length === 0 ? base : { ...base, original: Object.fromEntries(original) };
}
