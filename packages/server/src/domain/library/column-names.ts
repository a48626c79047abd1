/** Which column holds the molecule and which its name, by the headers that tools and people write. */

const SMILES_NAMES = [
  'smiles',
  'canonicalsmiles',
  'isomericsmiles',
  'ligandsmiles',
  'compoundsmiles',
  'moleculesmiles',
  'smi',
  'smile',
  'structure',
];
const NAME_NAMES = [
  'name',
  'ligandname',
  'compoundname',
  'moleculename',
  'moleculechemblid',
  'drugname',
  'title',
  'id',
  'ligandid',
  'compoundid',
  'moleculeid',
  'chemblid',
  'zincid',
  'catalogid',
  'identifier',
  'cid',
  'compound',
  'ligand',
  'molecule',
  'drug',
];

/** Case, blanks and punctuation of a header do not count: `Canonical SMILES` is `canonical_smiles`. */
export function plainHeader(header: string): string {
  return header.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}

/** 0-based column of the SMILES, the surest header first; undefined where none says so. */
export function findSmilesColumn(headers: readonly string[]): number | undefined {
  const plain = headers.map(plainHeader);
  return firstOf(plain, SMILES_NAMES) ?? indexOrUndefined(plain.findIndex((header) => header.endsWith('smiles')));
}

/** 0-based column of the name; undefined where none says so. */
export function findNameColumn(headers: readonly string[]): number | undefined {
  return firstOf(headers.map(plainHeader), NAME_NAMES);
}

/** A column chosen by hand: its exact header, or the only one that differs in case and punctuation. */
export function findChosenColumn(headers: readonly string[], chosen: string): number | undefined {
  const exact = headers.indexOf(chosen);
  if (exact !== -1) return exact;
  const alike = headers.flatMap((header, index) =>
    plainHeader(header) === plainHeader(chosen) && plainHeader(chosen) !== '' ? [index] : [],
  );
  return alike.length === 1 ? alike[0] : undefined;
}

function firstOf(headers: readonly string[], names: readonly string[]): number | undefined {
  for (const name of names) {
    const index = headers.indexOf(name);
    if (index !== -1) return index;
  }
  return undefined;
}

function indexOrUndefined(index: number): number | undefined {
  return index === -1 ? undefined : index;
}
