/** The scaffold of a molecule after Bemis and Murcko: rings, what links them, and atoms double-bonded to either. */

interface JsonAtom {
  readonly z?: number;
  readonly chg?: number;
}

interface JsonBond {
  readonly bo?: number;
  readonly atoms: readonly [number, number];
}

interface JsonMolecule {
  readonly atoms: readonly JsonAtom[];
  readonly bonds?: readonly JsonBond[];
}

const CARBON = 6;
const SYMBOLS: Readonly<Record<number, string | undefined>> = {
  1: 'H',
  5: 'B',
  6: 'C',
  7: 'N',
  8: 'O',
  9: 'F',
  14: 'Si',
  15: 'P',
  16: 'S',
  17: 'Cl',
  34: 'Se',
  35: 'Br',
  53: 'I',
};

/**
 * @param json of RDKit, kekulised
 * @returns a molblock without coordinates; undefined where the molecule has no ring or an element that is no part of scaffolds
 */
export function scaffoldMolblock(json: string): string | undefined {
  const { molecules }: { readonly molecules: readonly JsonMolecule[] } = JSON.parse(json);
  const [molecule] = molecules;
  if (!molecule) return undefined;
  const { atoms, bonds = [] } = molecule;
  const kept = keptAtoms(atoms.length, bonds);
  return kept.size === 0 ? undefined : molblockOf(atoms, bonds, kept);
}

/** Ends are cut off until only rings and their links are left; then what is double-bonded to them comes back. */
function keptAtoms(count: number, bonds: readonly JsonBond[]): ReadonlySet<number> {
  const neighbours = Array.from({ length: count }, () => new Set<number>());
  for (const {
    atoms: [a, b],
  } of bonds) {
    neighbours[a]?.add(b);
    neighbours[b]?.add(a);
  }
  const ends = neighbours.flatMap((each, atom) => (each.size <= 1 ? [atom] : []));
  const kept = new Set(neighbours.keys());
  for (let atom = ends.pop(); atom !== undefined; atom = ends.pop()) {
    kept.delete(atom);
    for (const other of neighbours[atom] ?? []) {
      const left = neighbours[other];
      if (left?.delete(atom) && left.size === 1) ends.push(other);
    }
  }
  const doubled = bonds.flatMap(({ bo = 1, atoms: [a, b] }) => (bo !== 2 || kept.has(a) === kept.has(b) ? [] : [kept.has(a) ? b : a]));
  return new Set([...kept, ...doubled]);
}

function molblockOf(atoms: readonly JsonAtom[], bonds: readonly JsonBond[], kept: ReadonlySet<number>): string | undefined {
  const order = [...kept].sort((a, b) => a - b);
  const places = new Map(order.map((atom, place) => [atom, place + 1]));
  const symbols = order.map((atom) => SYMBOLS[atoms[atom]?.z ?? CARBON]);
  if (symbols.includes(undefined) || order.length > 999) return undefined;
  const inside = bonds.flatMap(({ bo = 1, atoms: [a, b] }) => {
    const [from, to] = [places.get(a), places.get(b)];
    return from === undefined || to === undefined ? [] : [`${pad(from)}${pad(to)}${pad(bo)}  0`];
  });
  const charges = order.flatMap((atom, place) => {
    const charge = atoms[atom]?.chg ?? 0;
    return charge === 0 ? [] : [`M  CHG  1 ${String(place + 1).padStart(3)} ${String(charge).padStart(3)}`];
  });
  return [
    '',
    '',
    '',
    `${pad(order.length)}${pad(inside.length)}  0  0  0  0  0  0  0  0999 V2000`,
    ...symbols.map((symbol = '') => `    0.0000    0.0000    0.0000 ${symbol.padEnd(3)} 0  0`),
    ...inside,
    ...charges,
    'M  END',
    '',
  ].join('\n');
}

function pad(value: number): string {
  return String(value).padStart(3);
}
