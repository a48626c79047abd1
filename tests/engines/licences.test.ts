/** Engines under the GPL run in processes of their own, and whoever meets one reads its licence. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findEnvironment } from '../../packages/server/src/catalog/environments/environment.ts';
import { listModelEnvironments, type ModelEnvironment } from '../../packages/server/src/catalog/environments/model-environments.ts';
import { defaultDataDir } from '../../packages/server/src/machine/data-dir.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const DATA_DIR = defaultDataDir(process.env);
/** What is under the GPL, as Python imports it, and the models whose worker loads it. Open Babel is only ever run as a program. */
const GPL_MODULES = [
  { module: 'openbabel', loadedBy: [] },
  { module: 'plip', loadedBy: ['models/plip'] },
  { module: 'pyKVFinder', loadedBy: ['models/pykvfinder'] },
];

interface Card {
  readonly license: { readonly code: string; readonly note?: string };
}

/** As in scripts/python-steps.ts: larger environments are not part of the ordinary run. */
const LARGEST_BYTES = 2 * 1024 ** 3;
const environments = (await listModelEnvironments([join(ROOT, 'models')])).filter(({ diskBytes }) => diskBytes <= LARGEST_BYTES);

/** Not LGPL. By the fields of its metadata; a licence's whole text names others. */
function isUnderGpl(metadata: string): boolean {
  const told = metadata.match(/^(?:License|License-Expression|Classifier: License ::).*$/gm) ?? [];
  return told.some((line) => /\bGPL|GNU General Public|GNU GENERAL PUBLIC/.test(line) && !/LGPL|Lesser/i.test(line));
}

async function gplPackagesOf({ lockPath, pythonVersion }: ModelEnvironment): Promise<readonly string[] | undefined> {
  const made = await findEnvironment({ lockPath, pythonVersion, dataDir: DATA_DIR });
  if (made === undefined) return undefined;
  const packages = join(made.folder, 'lib', `python${pythonVersion}`, 'site-packages');
  return readdirSync(packages)
    .filter((name) => name.endsWith('.dist-info') && existsSync(join(packages, name, 'METADATA')))
    .filter((name) => isUnderGpl(readFileSync(join(packages, name, 'METADATA'), 'utf8')))
    .map((name) => name.replace(/-[^-]*\.dist-info$/, '').toLowerCase());
}

/** @returns paths from the root of the repository */
function pythonFiles(folder: string): readonly string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.py') && !name.includes('node_modules'))
    .map((name) => join(folder, name));
}

describe.each(environments.map((each) => [`${each.modelId}/${each.environment}`, each] as const))('%s', (_title, each) => {
  test('says in its licence what its environment holds under the GPL', async (context) => {
    const found = await gplPackagesOf(each);
    if (found === undefined) return context.skip(`its environment is not made: omtx models install ${each.modelId}`);
    const { license } = JSON.parse(readFileSync(join(each.modelFolder, 'model.json'), 'utf8')) as Card;
    if (found.length > 0) expect(`${license.code} ${license.note ?? ''}`).toMatch(/\bGPL-[23]\.0/);
    else expect(license.code).not.toMatch(/\bGPL/);
    const known = GPL_MODULES.map(({ module }) => module.toLowerCase());
    expect(found.filter((name) => !known.includes(name.replace(/_wheel$/, '')))).toEqual([]);
  });
});

test('what finds the GPL in an environment knows it from the LGPL', () => {
  expect(isUnderGpl('Name: x\nLicense-Expression: GPL-2.0-only\n')).toBe(true);
  expect(isUnderGpl('Classifier: License :: OSI Approved :: GNU General Public License (GPL)\n')).toBe(true);
  expect(isUnderGpl('License: LGPL-2.1\nClassifier: License :: OSI Approved :: GNU Lesser General Public License v3\n')).toBe(false);
  expect(isUnderGpl('License: MIT\n\nUnlike the GPL, it is short.\n')).toBe(false);
});

test.each(GPL_MODULES)('$module is loaded by the workers of $loadedBy and by nothing else', ({ module, loadedBy }) => {
  const imports = new RegExp(`^\\s*(?:import|from)\\s+${module}\\b|import_module\\(["']${module}`, 'm');
  const folders = ['models', ...readdirSync(join(ROOT, 'packages')).map((name) => join('packages', name))];
  const loading = folders
    .flatMap((folder) => pythonFiles(folder))
    .filter((path) => !path.includes('/tests/') && imports.test(readFileSync(join(ROOT, path), 'utf8')))
    .map((path) => path.split('/').slice(0, 2).join('/'));
  expect([...new Set(loading)]).toEqual(loadedBy);
});
