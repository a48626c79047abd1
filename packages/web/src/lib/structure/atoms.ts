/** Atoms of PDB, PDBQT and SDF texts, as far as contacts and boxes need them. Coordinates in ångström. */

export interface Atom {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly element: string;
}

export interface ProteinAtom extends Atom {
  readonly name: string;
  readonly residueName: string;
  readonly chain: string;
  readonly residueNumber: number;
  /** Of a ligand, an ion or a water: `HETATM`. */
  readonly isHetero: boolean;
}

/** Atoms of the first model of a PDB or PDBQT text; the first of alternative locations. */
export function readPdbAtoms(text: string): readonly ProteinAtom[] {
  const atoms: ProteinAtom[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('ENDMDL')) break;
    const isHetero = line.startsWith('HETATM');
    if (!isHetero && !line.startsWith('ATOM  ')) continue;
    const alternative = line[16] ?? ' ';
    if (alternative !== ' ' && alternative !== 'A' && alternative !== '1') continue;
    const atom = pdbAtom(line, isHetero);
    if (Number.isFinite(atom.x) && Number.isFinite(atom.y) && Number.isFinite(atom.z)) atoms.push(atom);
  }
  return atoms;
}

function pdbAtom(line: string, isHetero: boolean): ProteinAtom {
  const name = line.slice(12, 16).trim();
  const written = /^[A-Z][a-z]?$/i.exec(line.slice(76, 78).trim())?.[0];
  return {
    x: Number.parseFloat(line.slice(30, 38)),
    y: Number.parseFloat(line.slice(38, 46)),
    z: Number.parseFloat(line.slice(46, 54)),
    name,
    element: (written ?? name.replace(/[^A-Za-z]/g, '').slice(0, 1)).toUpperCase(),
    residueName: line.slice(17, 20).trim(),
    chain: line.slice(21, 22).trim(),
    residueNumber: Number.parseInt(line.slice(22, 26), 10),
    isHetero,
  };
}

/** Heavy and hydrogen atoms of the first molecule of an SDF (V2000). */
export function readSdfAtoms(text: string): readonly Atom[] {
  const lines = text.split(/\r?\n/);
  const count = Number.parseInt((lines[3] ?? '').slice(0, 3), 10);
  if (!Number.isFinite(count)) return [];
  return lines.slice(4, 4 + count).map((line) => ({
    x: Number.parseFloat(line.slice(0, 10)),
    y: Number.parseFloat(line.slice(10, 20)),
    z: Number.parseFloat(line.slice(20, 30)),
    element: line.slice(31, 34).trim().toUpperCase(),
  }));
}

/** Each molecule of an SDF as a text of its own. */
export function splitSdf(text: string): readonly string[] {
  return text
    .split(/^\$\$\$\$\r?\n?/m)
    .filter((part) => part.trim() !== '')
    .map((part) => `${part}$$$$\n`);
}
