/** Every model that says it runs here keeps the protocol, gives what its health check expects, and refuses nonsense. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findEnvironment } from '../../packages/server/src/catalog/environments/environment.ts';
import { readConfig } from '../../packages/server/src/config.ts';
import { defaultDataDir } from '../../packages/server/src/machine/data-dir.ts';
import { ModelCommands } from '../../packages/server/src/model-tools/model-commands.ts';

interface Card {
  readonly id: string;
  readonly status: string;
  readonly environments: Readonly<Record<string, { readonly lock: string; readonly python: string; readonly diskBytes?: number }>>;
}

const MODELS = join(import.meta.dirname, '..', '..', 'models');
const DATA_DIR = defaultDataDir(process.env);
/** As in scripts/python-steps.ts: larger environments are not part of the ordinary run. */
const LARGEST_BYTES = 2 * 1024 ** 3;

const cards = readdirSync(MODELS)
  .filter((name) => name !== 'environments')
  .map((name) => ({ folder: join(MODELS, name), card: JSON.parse(readFileSync(join(MODELS, name, 'model.json'), 'utf8')) as Card }))
  .filter(({ card }) => card.status === 'runs_here')
  .filter(({ card }) => Object.values(card.environments).every(({ diskBytes = 0 }) => diskBytes <= LARGEST_BYTES));

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
