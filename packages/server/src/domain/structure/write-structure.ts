/** Atoms as files of other programs. */
import type { Atom } from './atom.ts';

const COLUMNS = [
  'group_PDB',
  'id',
  'type_symbol',
  'label_atom_id',
  'label_alt_id',
  'label_comp_id',
  'label_asym_id',
  'label_entity_id',
  'label_seq_id',
  'pdbx_PDB_ins_code',
  'Cartn_x',
  'Cartn_y',
  'Cartn_z',
  'occupancy',
  'B_iso_or_equiv',
  'auth_seq_id',
  'auth_comp_id',
  'auth_asym_id',
  'auth_atom_id',
  'pdbx_PDB_model_num',
];

/** mmCIF with the one category that viewers need. @param name of the data block */
export function writeCif(name: string, atoms: readonly Atom[]): string {
  const head = [`data_${name.replaceAll(/[^A-Za-z0-9_.-]/g, '_')}`, '#', 'loop_', ...COLUMNS.map((column) => `_atom_site.${column}`)];
  const entities = [...new Set(atoms.map(({ chain }) => chain))];
  const lines = atoms.map((atom, place) =>
    [
      atom.isHetero ? 'HETATM' : 'ATOM',
      place + 1,
      atom.element,
      quoted(atom.name),
      '.',
      quoted(atom.residue),
      quoted(atom.chain),
      entities.indexOf(atom.chain) + 1,
      atom.isHetero ? '.' : atom.residueNumber,
      atom.insertion === '' ? '?' : atom.insertion,
      ...[atom.x, atom.y, atom.z].map((value) => value.toFixed(3)),
      atom.occupancy.toFixed(2),
      atom.bFactor.toFixed(2),
      atom.residueNumber,
      quoted(atom.residue),
      quoted(atom.chain),
      quoted(atom.name),
      1,
    ].join(' '),
  );
  return `${[...head, ...lines].join('\n')}\n#\n`;
}

function quoted(text: string): string {
  if (text === '') return '.';
  if (!/[\s'"#_$;]|^(data_|loop_)/.test(text)) return text;
  return text.includes('"') ? `'${text}'` : `"${text}"`;
}

/** PDB numbers at most 99,999 atoms, 9,999 residues, and chains by one letter: beyond that a structure cannot be told in it. */
export function writePdb(atoms: readonly Atom[]): string | undefined {
  const fits = atoms.every(
    ({ chain, residueNumber, residue }) => chain.length === 1 && residueNumber <= 9_999 && residueNumber >= -999 && residue.length <= 3,
  );
  if (!fits || atoms.length > 99_999) return undefined;
  return `${atoms.map(pdbLine).join('\n')}\nEND\n`;
}

function pdbLine(atom: Atom, place: number): string {
  const name = atom.name.length >= 4 || atom.element.length === 2 ? atom.name.padEnd(4) : ` ${atom.name.padEnd(3)}`;
  const number = (value: number, width: number, decimals: number): string => value.toFixed(decimals).padStart(width);
  return [
    atom.isHetero ? 'HETATM' : 'ATOM  ',
    String(place + 1).padStart(5),
    ' ',
    name.slice(0, 4),
    ' ',
    atom.residue.padStart(3),
    ' ',
    atom.chain,
    String(atom.residueNumber).padStart(4),
    (atom.insertion || ' ').slice(0, 1),
    '   ',
    number(atom.x, 8, 3),
    number(atom.y, 8, 3),
    number(atom.z, 8, 3),
    number(atom.occupancy, 6, 2),
    number(atom.bFactor, 6, 2),
    '          ',
    atom.element.toUpperCase().padStart(2),
  ].join('');
}
