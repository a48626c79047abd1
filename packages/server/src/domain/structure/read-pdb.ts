import { elementOf, type Atom } from './atom.ts';

/** Atoms of the first model of a PDB file, by its columns. Lines that hold no coordinates are passed over. */
export function readPdb(text: string): readonly Atom[] {
  const atoms: Atom[] = [];
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith('ENDMDL')) break;
    const isHetero = line.startsWith('HETATM');
    if (!isHetero && !line.startsWith('ATOM  ')) continue;
    const [x, y, z] = [line.slice(30, 38), line.slice(38, 46), line.slice(46, 54)].map(Number);
    if (x === undefined || y === undefined || z === undefined || ![x, y, z].every(Number.isFinite)) continue;
    const name = line.slice(12, 16).trim();
    atoms.push({
      isHetero,
      element: elementOf(line.slice(76, 78).trim() || elementOfName(line.slice(12, 16))),
      name,
      residue: line.slice(17, 20).trim() || 'UNK',
      chain: line.slice(21, 22).trim() || 'A',
      residueNumber: Number.parseInt(line.slice(22, 26), 10) || 0,
      insertion: line.slice(26, 27).trim(),
      x,
      y,
      z,
      occupancy: numberOr(line.slice(54, 60), 1),
      bFactor: numberOr(line.slice(60, 66), 0),
    });
  }
  return atoms;
}

/** The element is right-justified in the first two of the four columns of the name; without the element's own columns it is all there is. */
function elementOfName(columns: string): string {
  return columns.slice(0, 2).replace(/[^A-Za-z]/g, '');
}

function numberOr(text: string, otherwise: number): number {
  const value = Number(text);
  return text.trim() !== '' && Number.isFinite(value) ? value : otherwise;
}
