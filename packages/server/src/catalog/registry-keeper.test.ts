import { cp, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { changeChoices } from './operator-choices.ts';
import { RegistryKeeper } from './registry-keeper.ts';
import { manifestOf } from './registry.ts';

const ECHO = join(import.meta.dirname, '..', '..', 'test', 'models', 'echo');
let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'omtx-keeper-'));
  return () => rm(folder, { recursive: true, force: true });
});

const open = () =>
  RegistryKeeper.open({
    dataDir: join(folder, 'data'),
    folders: [join(folder, 'models')],
    offeredModels: [],
    programPath: '',
    onFault: (error) => {
      throw error;
    },
  });

test('a model that comes, changes, is disabled and goes is seen without a restart', async () => {
  await cp(ECHO, join(folder, 'models', 'echo'), { recursive: true });
  const keeper = await open();
  const seen: string[] = [];
  keeper.onChange((registry) => {
    seen.push([...registry.models.values()].map((state) => `${manifestOf(state).id} ${state.kind}`).join());
  });
  expect(await keeper.look()).toBe(false);
  await cp(ECHO, join(folder, 'models', 'twin'), { recursive: true });
  const manifest = join(folder, 'models', 'twin', 'model.json');
  await writeFile(manifest, (await readFile(manifest, 'utf8')).replaceAll('"echo"', '"twin"').replaceAll('echo.score', 'twin.score'));
  expect(await keeper.look()).toBe(true);
  await changeChoices(join(folder, 'data'), (choices) => ({ ...choices, disabled: { twin: 'Not today.' } }));
  await keeper.look();
  await rm(join(folder, 'models', 'twin'), { recursive: true });
  await keeper.look();
  expect(seen).toEqual(['echo installed,twin installed', 'echo installed,twin disabled', 'echo installed']);
  await keeper.close();
});

test('a worker whose code changed has another revision, so that a warm one of before takes no new work', async () => {
  await cp(ECHO, join(folder, 'models', 'echo'), { recursive: true });
  const keeper = await open();
  const revision = () => {
    const state = keeper.registry.models.get('echo');
    return state?.kind === 'installed' ? state.model.revision : '';
  };
  const before = revision();
  await utimes(join(folder, 'models', 'echo', 'worker.ts'), new Date(0), new Date(0));
  await utimes(join(folder, 'models', 'echo', 'model.json'), new Date(0), new Date(0));
  await keeper.look();
  expect(revision()).not.toBe(before);
  await keeper.close();
});
