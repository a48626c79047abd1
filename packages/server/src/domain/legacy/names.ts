/** Old clients write snake case, the hub camel case; nothing else differs in a name. */

export function toCamel(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

export function toSnake(name: string): string {
  return name.replace(/[A-Z]+(?![a-z])|[A-Z]/g, (letters, place: number) => `${place === 0 ? '' : '_'}${letters.toLowerCase()}`);
}

/** `ligand_smiles` as the old forms labelled it: `Ligand SMILES`. */
export function toLabel(name: string): string {
  const words = toSnake(name).split('_');
  return words.map((word) => (word === 'smiles' ? 'SMILES' : word.slice(0, 1).toUpperCase() + word.slice(1))).join(' ');
}
