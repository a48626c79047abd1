/**
 * Every model that says it runs here keeps the protocol, gives what its health check expects, and refuses nonsense. So does the worker of
 * every adapter, with programs that do nothing but write the documented output.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { findEnvironment } from '../../packages/server/src/catalog/environments/environment.ts';
import { readConfig } from '../../packages/server/src/config.ts';
import { defaultDataDir } from '../../packages/server/src/machine/data-dir.ts';
import { ModelCommands } from '../../packages/server/src/model-tools/model-commands.ts';

interface Card {
  readonly id: string;
  readonly status: string;
  readonly runner: { readonly kind: string };
  readonly environments: Readonly<Record<string, { readonly lock: string; readonly python: string; readonly diskBytes?: number }>>;
  readonly tasks: readonly { readonly taskType: string }[];
  readonly requires?: {
    readonly programs?: readonly { readonly name: string }[];
    readonly settings?: readonly { readonly name: string; readonly kind: 'folder' | 'file' | 'text' }[];
  };
}

const MODELS = join(import.meta.dirname, '..', '..', 'models');
const DATA_DIR = defaultDataDir(process.env);
/** As in scripts/python-steps.ts: larger environments are not part of the ordinary run. */
const LARGEST_BYTES = 2 * 1024 ** 3;

const all = readdirSync(MODELS)
  .filter((name) => name !== 'environments')
  .map((name) => ({ folder: join(MODELS, name), card: JSON.parse(readFileSync(join(MODELS, name, 'model.json'), 'utf8')) as Card }));
const cards = all
  .filter(({ card }) => card.status === 'runs_here')
  .filter(({ card }) => Object.values(card.environments).every(({ diskBytes = 0 }) => diskBytes <= LARGEST_BYTES));
/** A model that answers over HTTP has no worker. */
const adapters = all.filter(({ card }) => card.status === 'adapter_tested' && card.runner.kind === 'process');

describe.each(cards.map(({ folder, card }) => [card.id, folder, card] as const))('%s', (_id, folder, card) => {
  test('keeps the protocol and gives what its health check expects', async (context) => {
    for (const [name, { lock, python }] of Object.entries(card.environments)) {
      const made = await findEnvironment({ lockPath: join(folder, lock), pythonVersion: python, dataDir: DATA_DIR });
      if (!made) context.skip(`the environment ${card.id}/${name} is not made: omtx models install ${card.id}`);
    }
    const config = readConfig({ OMTX_DATA_DIR: DATA_DIR, OMTX_CPUS: '1', PATH: process.env['PATH'] }, {});
    const findings = await new ModelCommands(config, () => undefined, new AbortController().signal).testProtocol(folder);
    expect(findings.filter(({ broken }) => broken !== undefined)).toEqual([]);
  });
});

let scratch = '';
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'omtx-conformance-test-'));
  return () => rm(scratch, { recursive: true, force: true });
});

/** Writes into the row's folder, which holds the log of the program; some programs are started elsewhere and told it by their arguments. */
const program = (output: string): string => `#!/bin/sh
folder="$PWD"
for argument in "$@"; do
  place="$argument"
  case "$place" in /*) while [ "$place" != / ] && [ ! -e "$place/program.log" ]; do place=$(dirname "$place"); done ;; esac
  if [ -e "$place/program.log" ]; then folder="$place"; fi
done
cp -r '${output}/.' "$folder/"
`;

/** Goldens and outputs of adapters with several tasks lie in a folder per task. */
function documentedOutput(folder: string, { tasks }: Card): string {
  const perTask = join(folder, 'tests', 'documented', tasks[0]?.taskType ?? '');
  return existsSync(perTask) ? perTask : join(folder, 'tests', 'documented');
}

describe.each(adapters.map(({ folder, card }) => [card.id, folder, card] as const))('adapter %s', (id, folder, card) => {
  test('keeps the protocol with a program that writes the documented output', async () => {
    const programs = join(scratch, 'programs');
    await mkdir(programs);
    await mkdir(join(scratch, 'data'));
    await mkdir(join(DATA_DIR, 'environments'), { recursive: true });
    await symlink(join(DATA_DIR, 'environments'), join(scratch, 'data', 'environments'));
    for (const name of [...(card.requires?.programs ?? []).map((each) => each.name), 'python']) {
      await writeFile(join(programs, name), program(documentedOutput(folder, card)));
      await chmod(join(programs, name), 0o755);
    }
    const path = [programs, process.env['PATH']].join(delimiter);
    const config = readConfig({ OMTX_DATA_DIR: join(scratch, 'data'), OMTX_CPUS: '1', OMTX_GPUS: '1', PATH: path }, {});
    const commands = new ModelCommands(config, () => undefined, new AbortController().signal);
    for (const { name, kind } of card.requires?.settings ?? [])
      await commands.set(id, name, kind === 'file' ? join(programs, 'python') : programs);
    const findings = await commands.testProtocol(folder);
    expect(findings.filter(({ broken }) => broken !== undefined)).toEqual([]);
    expect(findings).toHaveLength(10);
  });
});
