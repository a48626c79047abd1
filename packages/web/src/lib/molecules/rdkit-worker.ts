/** RDKit in a thread of its own; its script has a content policy of its own (RDKit binds its WebAssembly with generated code). */
import createRdkit from '@rdkit/rdkit';
import type { MainModule, Mol } from '@rdkit/rdkit';
import wasmUrl from '@rdkit/rdkit/RDKit_minimal.wasm?url';
import type { Description, DrawRequest, MoleculeAnswer, MoleculeRequest, ReadMolecule } from './messages.ts';
import { decompose, scaffoldOf, withMolecule } from './rdkit-series.ts';

const rdkit = createRdkit({ locateFile: () => wasmUrl });

/** Colours of atoms on a dark ground, 0 to 1: not an inverted filter, which would turn the meaning of the colours. */
const DARK_ATOMS: Readonly<Record<string, readonly [number, number, number]>> = {
  '-1': [0.86, 0.87, 0.89],
  '0': [0.86, 0.87, 0.89],
  '1': [0.75, 0.77, 0.8],
  '6': [0.86, 0.87, 0.89],
  '7': [0.51, 0.67, 1],
  '8': [1, 0.47, 0.44],
  '9': [0.36, 0.83, 0.6],
  '15': [1, 0.65, 0.3],
  '16': [0.93, 0.8, 0.3],
  '17': [0.36, 0.83, 0.4],
  '35': [0.87, 0.55, 0.4],
  '53': [0.8, 0.5, 0.95],
};

addEventListener('message', (event: MessageEvent<MoleculeRequest>) => {
  void answer(event.data).then((message) => postMessage(message));
});

async function answer(request: MoleculeRequest): Promise<MoleculeAnswer> {
  const kit = await rdkit;
  switch (request.kind) {
    case 'draw':
      return { id: request.id, kind: 'draw', svg: draw(kit, request) };
    case 'read':
      return { id: request.id, kind: 'read', molecules: request.molecules.map((molecule) => read(kit, molecule, request.largestFragment)) };
    case 'describe':
      return { id: request.id, kind: 'describe', description: describe(kit, request.molecule) };
    case 'scaffolds':
      return { id: request.id, kind: 'scaffolds', scaffolds: request.molecules.map((molecule) => scaffoldOf(kit, molecule)) };
    case 'rgroups':
      return { id: request.id, kind: 'rgroups', rows: decompose(kit, request.core, request.molecules) ?? null };
    default:
      return request satisfies never;
  }
}

function draw(kit: MainModule, request: DrawRequest): string | null {
  const { molecule, width, height, isDark, highlight, core } = request;
  const svg = withMolecule(kit, molecule, (mol) => {
    if (core !== undefined) layOutOn(kit, mol, core);
    else {
      mol.set_new_coords();
      // The long axis lies flat, because the place for a picture is wide.
      mol.normalize_depiction(1);
    }
    const details = {
      width,
      height,
      clearBackground: false,
      bondLineWidth: 1,
      padding: 0.04,
      fixedBondLength: 22,
      minFontSize: 8,
      maxFontSize: 14,
      ...(isDark
        ? { atomColourPalette: DARK_ATOMS, symbolColour: [0.86, 0.87, 0.89], highlightColour: [0.2, 0.45, 0.75] }
        : { highlightColour: [0.65, 0.82, 1] }),
      ...matchOf(kit, mol, highlight),
    };
    return mol.get_svg_with_highlights(JSON.stringify(details));
  });
  return svg ?? null;
}

function layOutOn(kit: MainModule, mol: Mol, core: string): void {
  withMolecule(kit, core, (template) => {
    template.set_new_coords();
    mol.generate_aligned_coords(template, JSON.stringify({ useCoordGen: false, allowRGroups: true, acceptFailure: true }));
  });
}

function matchOf(kit: MainModule, mol: Mol, highlight: string | undefined): { readonly atoms?: number[]; readonly bonds?: number[] } {
  if (highlight === undefined) return {};
  const query = kit.get_qmol(highlight);
  if (!query) return {};
  const found: { atoms?: number[]; bonds?: number[] } = JSON.parse(mol.get_substruct_match(query) || '{}');
  query.delete();
  return found;
}

function read(kit: MainModule, text: string, largestFragment: boolean): ReadMolecule {
  if (text.trim() === '') return { reason: 'it is empty' };
  const whole = factsOf(kit, text);
  if (whole === undefined) return { reason: 'RDKit cannot read it' };
  const pieces = whole.canonical.split('.');
  if (!largestFragment || pieces.length === 1) return { ...whole, fragments: pieces.length };
  const known = [...new Set(pieces)].flatMap((piece) => factsOf(kit, piece) ?? []);
  const largest = known.sort((a, b) => b.heavyAtoms - a.heavyAtoms || (a.canonical < b.canonical ? -1 : 1))[0];
  return largest ? { ...largest, fragments: pieces.length } : { reason: 'RDKit cannot read it' };
}

function factsOf(kit: MainModule, text: string) {
  return withMolecule(kit, text, (mol) => ({ canonical: mol.get_smiles(), heavyAtoms: mol.get_num_atoms(true) }));
}

function describe(kit: MainModule, text: string): Description | null {
  const found = withMolecule(kit, text, (mol) => {
    const descriptors: Record<string, number> = JSON.parse(mol.get_descriptors());
    const inchi: { formula?: string } = { formula: mol.get_inchi('').split('/')[1] ?? '' };
    return { formula: inchi.formula ?? '', descriptors };
  });
  return found ?? null;
}
