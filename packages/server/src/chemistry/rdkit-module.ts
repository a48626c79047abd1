/** RDKit as WebAssembly. One module is about 60 MB of memory, so only the chemistry threads load one. */
import { createRequire } from 'node:module';
import rdkit, { type MainModule } from '@rdkit/rdkit';

export type Rdkit = MainModule;

/** A fresh instance with memory of its own; takes about 0.2 s. */
export async function loadRdkit(): Promise<Rdkit> {
  const wasm = createRequire(import.meta.url).resolve('@rdkit/rdkit/RDKit_minimal.wasm');
  return rdkit.default({ locateFile: () => wasm });
}
