/** What RDKit writes to its log when it cannot read a molecule, in words for a chemist. Atoms are counted from 1 in the order of the input. */

interface Rule {
  readonly sign: RegExp;
  readonly say: (groups: readonly string[]) => string;
}

const RULES: readonly Rule[] = [
  { sign: /unclosed ring/, say: () => 'a ring is opened and not closed' },
  { sign: /extra close parenthes/, say: () => 'a parenthesis is closed that was not opened' },
  { sign: /extra open parenthes/, say: () => 'a parenthesis is opened and not closed' },
  {
    sign: /duplicated ring closure (\d+)/,
    say: ([ring = '']) => `ring closure ${ring} joins an atom with itself or twice with the same atom`,
  },
  {
    sign: /non-ring atom (\d+) marked aromatic/,
    say: ([atom = '']) => `atom ${fromOne(atom)} is written as aromatic (lower case) but is in no ring`,
  },
  {
    sign: /Explicit valence for atom # (\d+) (\w+), (\d+), is greater than permitted/,
    say: ([atom = '', element = '', valence = '']) =>
      `valence error: atom ${fromOne(atom)} (${element}) has ${valence} bonds, more than it can have`,
  },
  {
    sign: /Can't kekulize mol\.\s+Unkekulized atoms: ([\d ]+)/,
    say: ([atoms = '']) =>
      `kekulization failed: the aromatic atoms ${atoms.trim().split(' ').map(fromOne).join(', ')} cannot get alternating double bonds; often a hydrogen such as [nH] is missing`,
  },
  { sign: /Element '([^']+)' not found/, say: ([element = '']) => `there is no element "${element}"` },
  { sign: /check for mistakes around position (\d+)/, say: ([position = '']) => `syntax error at character ${position}` },
  {
    sign: /Counts line too short|CTAB version string/,
    say: () => 'the counts line of the molblock (its fourth line) is not as V2000 or V3000 has it',
  },
];

/** Longest piece of an unknown message that is passed on. */
const MAX_CHARACTERS = 200;

/** @param log what RDKit logged while reading; may be empty @param kind what was read */
export function plainReason(log: string, kind: 'SMILES' | 'molblock'): string {
  for (const { sign, say } of RULES) {
    const match = sign.exec(log);
    if (match) return say(match.slice(1));
  }
  const first = log
    .replaceAll(/\[\d\d:\d\d:\d\d\] ?/g, '')
    .split('\n')
    .map((line) => line.trim())
    .find((line) => /[a-z]{3}/i.test(line));
  if (first !== undefined) return first.slice(0, MAX_CHARACTERS);
  return kind === 'SMILES'
    ? 'it is no SMILES'
    : 'it is no V2000 or V3000 molblock: look at the counts line and the number of atoms and bonds';
}

function fromOne(index: string): string {
  return String(Number(index) + 1);
}
