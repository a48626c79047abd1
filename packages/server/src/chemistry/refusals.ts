/** What need not be shown to RDKit; it would read "CC 1" as CC with a name, and nothing as a molecule without atoms. */

/** RDKit's parser recurses per atom and bracket; beyond this length it can overflow its stack. */
const MAX_SMILES_CHARACTERS = 10_000;
const MAX_MOLBLOCK_CHARACTERS = 1_000_000;

export function refusalOf(text: string, kind: 'SMILES' | 'molblock'): string | undefined {
  if (text.trim() === '') return 'it is empty';
  const most = kind === 'SMILES' ? MAX_SMILES_CHARACTERS : MAX_MOLBLOCK_CHARACTERS;
  if (text.length > most) return `it is longer than ${String(most)} characters`;
  if (kind === 'SMILES' && /\s/.test(text.replace(/\s+\|[^|]*\|$/, '')))
    return 'it has a blank inside; a name goes into a field of its own';
  if (kind === 'molblock' && !/^M {2}END/m.test(text)) return 'the molblock has no "M  END"';
  return undefined;
}

/** What is read and is no molecule for any model; undefined for one that is. */
export function notAMolecule(elements: readonly string[], heavyAtoms: number): string | undefined {
  if (elements.includes('*')) return 'it has an atom that stands for any other (*, R or an unknown element); give a complete molecule';
  return heavyAtoms === 0 ? 'it has no atom other than hydrogen' : undefined;
}
