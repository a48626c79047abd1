/** Everything that can be said of a model folder without running it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manifest } from '@omtx/contract';
import { readManifest } from '../catalog/read-manifest.ts';
import { isReady, readExample } from './read-example.ts';

export interface ModelCheck {
  readonly manifest: Manifest | undefined;
  /** None: the folder is sound. */
  readonly reasons: readonly string[];
}

/** @param folder absolute path of a folder with a `model.json` */
export async function checkModel(folder: string): Promise<ModelCheck> {
  const reading = await readManifest(folder);
  if (reading.kind === 'broken') return { manifest: undefined, reasons: reading.reasons };
  const { manifest } = reading;
  const locks = await Promise.all(Object.entries(manifest.environments).map(([name, { lock }]) => checkLock(name, join(folder, lock))));
  const examples = await Promise.all((manifest.examples ?? []).map(({ file }) => readExample(folder, file, manifest)));
  return { manifest, reasons: [...locks.flat(), ...examples.flatMap((example) => (isReady(example) ? [] : example))] };
}

/** Each line of a lock pins one version and names its hashes; nothing else is installed. */
async function checkLock(name: string, path: string): Promise<readonly string[]> {
  const text = await readFile(path, 'utf8');
  const packages = text
    .replaceAll(/\\\r?\n/g, ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  return packages.flatMap((line) => {
    const [what = ''] = line.split(/\s/);
    if (what.startsWith('-')) return [`environment ${name}: the lock has the option "${what}"; pin packages with hashes instead`];
    if (!/^[A-Za-z0-9._-]+(\[[^\]]*\])?==/.test(what)) return [`environment ${name}: "${what}" is not pinned to one version`];
    return line.includes('--hash=sha256:') ? [] : [`environment ${name}: "${what}" has no hash`];
  });
}
