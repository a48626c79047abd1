/** Reads the manifest of one model folder and says what is wrong with it. */
import { access, readFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { Manifest } from '@omtx/contract';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import type { CheckCache } from './check-cache.ts';
import { checkManifest } from './check-manifest.ts';
import { fieldErrors } from './field-errors.ts';

export type ManifestReading =
  { readonly kind: 'manifest'; readonly manifest: Manifest } | { readonly kind: 'broken'; readonly reasons: readonly string[] };

/** Draft 7, in whose form TypeBox writes tuples; the schemas inside a manifest are 2020-12 and are compiled apart. */
const ajv = new Ajv({ strict: false, allErrors: true, verbose: true });
addFormats.default(ajv);
const fitsSchema = ajv.compile<Manifest>(Manifest);

/**
 * @param folder absolute path of a folder with a `model.json`; never throws for what is in it
 * @param cache manifests that were found sound before, whose text is not checked again (their files are)
 */
export async function readManifest(folder: string, cache?: CheckCache): Promise<ManifestReading> {
  const text = await readFile(join(folder, 'model.json'), 'utf8').catch((cause: unknown) => new Error('unreadable', { cause }));
  if (text instanceof Error) return broken(`model.json cannot be read: ${messageOf(text.cause)}`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    return broken(`model.json is not JSON: ${messageOf(cause)}`);
  }
  const wasSound = cache?.isSound(text) === true;
  if (!isManifest(parsed, wasSound))
    return broken(...fieldErrors(fitsSchema.errors, '').map(({ pointer, detail }) => `${pointer === '' ? '/' : pointer}: ${detail}`));
  const textReasons = wasSound ? [] : checkManifest(parsed);
  const reasons = [...textReasons, ...(await checkFiles(folder, parsed))];
  if (textReasons.length === 0 && !wasSound) cache?.keepSound(text);
  return reasons.length > 0 ? broken(...reasons) : { kind: 'manifest', manifest: parsed };
}

/** @param wasSound the same text was checked before, by the same rules */
function isManifest(value: unknown, wasSound: boolean): value is Manifest {
  return wasSound || fitsSchema(value);
}

/** Files that the manifest names must be there, and inside the folder; a lock may be one that models share, in `../environments/`. */
async function checkFiles(folder: string, manifest: Manifest): Promise<readonly string[]> {
  const { environments, runner, examples = [] } = manifest;
  const locks = Object.entries(environments).map(([name, { lock }]) => ({ place: `environment ${name}: the lock`, path: lock }));
  const programs =
    runner.kind !== 'process' && runner.kind !== 'slurm'
      ? []
      : runner.command
          .filter((argument) => argument.startsWith('{model}/'))
          .map((argument) => ({ place: 'runner: the file', path: argument.slice('{model}/'.length) }));
  const shown = examples.map(({ file }) => ({ place: 'examples: the file', path: file }));
  const checks = [...locks, ...programs, ...shown].map(async ({ place, path }) => {
    const absolute = resolve(folder, path);
    if (!isInside(folder, absolute) && !(place.endsWith('the lock') && isInside(resolve(folder, '..', 'environments'), absolute)))
      return [`${place} "${path}" is outside the model folder`];
    const isThere = await access(absolute).then(
      () => true,
      () => false,
    );
    return isThere ? [] : [`${place} "${path}" is not there`];
  });
  return (await Promise.all(checks)).flat();
}

function isInside(folder: string, path: string): boolean {
  return !relative(folder, path).startsWith('..');
}

function broken(...reasons: readonly string[]): ManifestReading {
  return { kind: 'broken', reasons };
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
