import { elementOf, type Atom } from './atom.ts';

interface SdfPlace {
  readonly residue: string;
  readonly chain: string;
  readonly residueNumber: number;
}

/** Atoms of the first record of an SDF (V2000 or V3000), as one residue. Names are the element and its count: `C1`, `C2`, `N1`. */
export function readSdf(text: string, place: SdfPlace): readonly Atom[] {
  const lines = text.split(/\r?\n/);
  const counts = lines[3] ?? '';
  const seen = new Map<string, number>();
  const positions = counts.includes('V3000') ? v3000(lines) : v2000(lines, counts);
  return positions.map(({ symbol, x, y, z }) => {
    const element = elementOf(symbol);
    const count = (seen.get(element) ?? 0) + 1;
    seen.set(element, count);
    return {
      ...place,
      isHetero: true,
      element,
      name: `${element.toUpperCase()}${String(count)}`,
      insertion: '',
      x,
      y,
      z,
      occupancy: 1,
      bFactor: 0,
    };
  });
}

interface Position {
  readonly symbol: string;
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

function v2000(lines: readonly string[], counts: string): readonly Position[] {
  const atomCount = Number.parseInt(counts.slice(0, 3), 10) || 0;
  return lines.slice(4, 4 + atomCount).flatMap((line) => {
    const position = {
      symbol: line.slice(31, 34).trim(),
      x: Number(line.slice(0, 10)),
      y: Number(line.slice(10, 20)),
      z: Number(line.slice(20, 30)),
    };
    return [position.x, position.y, position.z].every(Number.isFinite) ? [position] : [];
  });
}

function v3000(lines: readonly string[]): readonly Position[] {
  const begin = lines.findIndex((line) => line.startsWith('M  V30 BEGIN ATOM'));
  const end = lines.findIndex((line) => line.startsWith('M  V30 END ATOM'));
  return lines.slice(begin + 1, Math.max(begin + 1, end)).flatMap((line) => {
    const [, , , symbol = '', x = '', y = '', z = ''] = line.split(/\s+/);
    const position = { symbol, x: Number(x), y: Number(y), z: Number(z) };
    return [position.x, position.y, position.z].every(Number.isFinite) ? [position] : [];
  });
}
