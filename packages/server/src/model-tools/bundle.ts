/**
 * A model for a machine without a network, as one tar file: its folder, the wheels of its environments, its weights, and `bundle.json` with
 * the SHA-256 of each file. Wheels were checked against the lock when they were fetched; the bundle's list is checked when it is opened.
 */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';
import type { Manifest } from '@omtx/contract';
import { findPython } from '../catalog/environments/find-python.ts';
import { runTool } from '../catalog/environments/run-tool.ts';
import { acceptWeights, ensureWeights, findWeights, sha256Of, weightsPath } from '../catalog/weights.ts';
import { checkModel } from './check-model.ts';
import { copyModel, installParts, sharedLocks, type InstallOptions } from './install-model.ts';

const closed = { additionalProperties: false } as const;
const BundleList = Type.Object(
  {
    format: Type.Literal(1),
    model: Type.String(),
    version: Type.String(),
    /** Wheels are of one platform. */
    platform: Type.String(),
    files: Type.Array(Type.Object({ path: Type.String(), bytes: Type.Integer(), sha256: Type.String() }, closed)),
  },
  closed,
);
type BundleList = Static<typeof BundleList>;

const PLATFORM = `${process.platform}-${process.arch}`;
const LIST = 'bundle.json';
const MODEL = join('models', 'model');

/** @param source absolute model folder @param target absolute path of the tar file */
export async function writeBundle(source: string, target: string, options: InstallOptions): Promise<void> {
  const { manifest, reasons } = await checkModel(source);
  if (!manifest || reasons.length > 0) throw new Error(`${source} is not sound:\n  ${reasons.join('\n  ')}`);
  await inTemporary(async (folder) => {
    await cp(source, join(folder, MODEL), { recursive: true, filter: (path) => !path.includes('__pycache__') });
    for (const lock of sharedLocks(manifest)) {
      await mkdir(join(folder, 'models', dirname(lock)), { recursive: true });
      await cp(join(source, '..', lock), join(folder, 'models', lock));
    }
    await fetchWheels(source, folder, manifest, options);
    for (const weights of manifest.weights ?? []) {
      const path = await ensureWeights(options.dataDir, weights, options);
      await mkdir(join(folder, 'weights', weights.sha256), { recursive: true });
      await cp(path, join(folder, 'weights', weights.sha256, weights.name));
    }
    const list: BundleList = {
      format: 1,
      model: manifest.id,
      version: manifest.version,
      platform: PLATFORM,
      files: await listFiles(folder),
    };
    await writeFile(join(folder, LIST), JSON.stringify(list, undefined, 2));
    options.report('writing the bundle');
    await runTool('tar', ['-cf', target, '-C', folder, '.'], { signal: options.signal });
  });
}

/** Checks every file against the bundle's list, and installs without a network. */
export async function installBundle(file: string, options: InstallOptions): Promise<Manifest> {
  return inTemporary(async (folder) => {
    await runTool('tar', ['-xf', file, '-C', folder], { signal: options.signal });
    await checkBundle(folder, file);
    const { folder: place, manifest } = await copyModel(join(folder, MODEL), options.dataDir);
    for (const weights of manifest.weights ?? []) {
      if ((await findWeights(options.dataDir, weights)) !== undefined) continue;
      await acceptWeights(join(folder, 'weights', weights.sha256, weights.name), weightsPath(options.dataDir, weights), weights);
    }
    await installParts(place, manifest, { ...options, wheels: await wheelsOf(folder, manifest) });
    return manifest;
  });
}

async function checkBundle(folder: string, file: string): Promise<void> {
  const text = await readFile(join(folder, LIST), 'utf8').catch(() => '');
  const list: unknown = text === '' ? undefined : JSON.parse(text);
  if (!Value.Check(BundleList, list)) throw new Error(`${file} is no bundle of "omtx models bundle".`);
  if (list.platform !== PLATFORM)
    throw new Error(`${basename(file)} was made for ${list.platform}; this machine is ${PLATFORM}. Make it on such a machine.`);
  const found = await listFiles(folder);
  const expected = new Map(list.files.map((each) => [each.path, each]));
  const wrong = found.filter((each) => expected.get(each.path)?.sha256 !== each.sha256).map((each) => each.path);
  const missing = list.files.filter((each) => !found.some(({ path }) => path === each.path)).map((each) => each.path);
  if (wrong.length + missing.length > 0)
    throw new Error(`${basename(file)} is damaged: ${[...wrong, ...missing].slice(0, 10).join(', ')}. Copy it again.`);
}

/** What has no wheel is built into one here, where a network is. */
async function fetchWheels(source: string, folder: string, manifest: Manifest, { report, signal }: InstallOptions): Promise<void> {
  for (const [name, { lock, python }] of Object.entries(manifest.environments)) {
    const wheels = join(folder, 'wheels', name);
    await mkdir(wheels, { recursive: true });
    report(`fetching the packages of ${name}`);
    const pip = [await findPython(python), '-I', '-m', 'pip'] as const;
    const quiet = ['--quiet', '--disable-pip-version-check', '--no-deps'];
    const [program, ...args] = pip;
    await runTool(program, [...args, 'download', ...quiet, '--require-hashes', '-d', wheels, '-r', join(source, lock)], { signal });
    for (const sdist of (await readdir(wheels)).filter((each) => !each.endsWith('.whl'))) {
      await runTool(program, [...args, 'wheel', ...quiet, '-w', wheels, join(wheels, sdist)], { signal });
      await rm(join(wheels, sdist));
    }
  }
}

async function wheelsOf(folder: string, { environments }: Manifest): Promise<Readonly<Record<string, readonly string[]>>> {
  const entries = Object.keys(environments).map(async (name) => {
    const wheels = join(folder, 'wheels', name);
    return [name, (await readdir(wheels).catch(() => [])).sort().map((file) => join(wheels, file))] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

async function listFiles(folder: string): Promise<BundleList['files']> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => !entry.isDirectory()).map((entry) => resolve(entry.parentPath, entry.name));
  const files: BundleList['files'] = [];
  for (const path of paths.sort()) {
    const name = relative(folder, path);
    if (name !== LIST) files.push({ path: name, bytes: (await stat(path)).size, sha256: await sha256Of(path) });
  }
  return files;
}

async function inTemporary<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'omtx-bundle-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
