/** One atom of a structure file; coordinates in ångström. */
export interface Atom {
  readonly isHetero: boolean;
  /** Symbol as the periodic table writes it: `Cl`. */
  readonly element: string;
  readonly name: string;
  readonly residue: string;
  readonly chain: string;
  readonly residueNumber: number;
  readonly insertion: string;
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly occupancy: number;
  readonly bFactor: number;
}

export function elementOf(symbol: string): string {
  const letters = symbol.replace(/[^A-Za-z]/g, '');
  return letters === '' ? 'X' : letters.slice(0, 1).toUpperCase() + letters.slice(1, 2).toLowerCase();
}
