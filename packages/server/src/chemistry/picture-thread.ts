/** Draws structures: RDKit lays them out, resvg makes pixels of the drawing. Takes one SMILES at a time, because a picture is large. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { parentPort } from 'node:worker_threads';
import { initWasm, Resvg } from '@resvg/resvg-wasm';
import { loadRdkit } from './rdkit-module.ts';

const WIDTH = 300;
const HEIGHT = 200;
const DRAWING = JSON.stringify({ width: WIDTH, height: HEIGHT, bondLineWidth: 1.5, clearBackground: false });

const require = createRequire(import.meta.url);
await initWasm(await readFile(require.resolve('@resvg/resvg-wasm/index_bg.wasm')));
const rdkit = await loadRdkit();

parentPort?.on('message', (smiles: string) => {
  parentPort?.postMessage(draw(smiles));
});

/** @returns PNG; null where it cannot be drawn */
function draw(smiles: string): Uint8Array | null {
  try {
    const molecule = rdkit.get_mol(smiles);
    if (molecule === null) return null;
    try {
      return new Resvg(molecule.get_svg_with_highlights(DRAWING)).render().asPng();
    } finally {
      molecule.delete();
    }
  } catch {
    return null; // A row without a picture is still a row.
  }
}
