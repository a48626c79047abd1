import { elementOf, type Atom } from './atom.ts';

/** Atoms of the first model of an mmCIF file: its `_atom_site` loop. Empty where it has none. */
export function readCif(text: string): readonly Atom[] {
  const tokens = tokensOf(text);
  for (let token = tokens.next(); !token.done; token = tokens.next()) {
    if (token.value.text.toLowerCase() !== 'loop_' || token.value.isQuoted) continue;
    const atoms = readLoop(tokens);
    if (atoms) return atoms;
  }
  return [];
}

interface Token {
  readonly text: string;
  readonly isQuoted: boolean;
}

function readLoop(tokens: Generator<Token, undefined>): readonly Atom[] | undefined {
  const names: string[] = [];
  let token = tokens.next();
  for (; !token.done && !token.value.isQuoted && token.value.text.startsWith('_'); token = tokens.next())
    names.push(token.value.text.toLowerCase());
  if (!names[0]?.startsWith('_atom_site.')) return undefined;
  const atoms: Atom[] = [];
  let model: string | undefined;
  let values: string[] = [];
  for (; !token.done && (token.value.isQuoted || !isKeyword(token.value.text)); token = tokens.next()) {
    values.push(token.value.text);
    if (values.length < names.length) continue;
    const fields = new Map(names.map((name, place) => [name.slice('_atom_site.'.length), values[place] ?? '?']));
    values = [];
    model ??= fields.get('pdbx_pdb_model_num');
    if (fields.get('pdbx_pdb_model_num') !== model) break;
    const atom = atomOf(fields);
    if (atom) atoms.push(atom);
  }
  return atoms;
}

function isKeyword(text: string): boolean {
  return text.startsWith('_') || /^(loop_|data_|save_)/i.test(text);
}

function atomOf(fields: ReadonlyMap<string, string>): Atom | undefined {
  const get = (...names: readonly string[]): string | undefined =>
    names.map((name) => fields.get(name)).find((value) => value !== undefined && value !== '?' && value !== '.');
  const [x, y, z] = ['cartn_x', 'cartn_y', 'cartn_z'].map((name) => Number(get(name) ?? Number.NaN));
  if (x === undefined || y === undefined || z === undefined || ![x, y, z].every(Number.isFinite)) return undefined;
  return {
    isHetero: get('group_pdb') === 'HETATM',
    element: elementOf(get('type_symbol') ?? 'X'),
    name: get('auth_atom_id', 'label_atom_id') ?? 'X',
    residue: get('auth_comp_id', 'label_comp_id') ?? 'UNK',
    chain: get('auth_asym_id', 'label_asym_id') ?? 'A',
    residueNumber: Number.parseInt(get('auth_seq_id', 'label_seq_id') ?? '1', 10) || 0,
    insertion: get('pdbx_pdb_ins_code') ?? '',
    x,
    y,
    z,
    occupancy: Number(get('occupancy') ?? 1),
    bFactor: Number(get('b_iso_or_equiv') ?? 0),
  };
}

/** Values of CIF 1.1: bare words, words in quotes, and text between lines that begin with a semicolon. */
function* tokensOf(text: string): Generator<Token, undefined> {
  const pattern = /^;([\s\S]*?)^;|'((?:[^'\n]|'(?!\s|$))*)'(?=\s|$)|"((?:[^"\n]|"(?!\s|$))*)"(?=\s|$)|(#[^\n]*)|(\S+)/gm;
  for (const [, block, single, double, comment, word] of text.matchAll(pattern)) {
    if (comment !== undefined) continue;
    const quoted = block ?? single ?? double;
    if (quoted !== undefined) yield { text: quoted, isQuoted: true };
    else if (word !== undefined) yield { text: word, isQuoted: false };
  }
  return undefined;
}
