import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HttpRunner, Manifest } from '@omtx/contract';
import { expect, test } from 'vitest';
import { ACCEPTED, httpRunner, remoteManifest, writeRemoteModel } from '../../test/remote/write-model.ts';
import { checkManifest } from './check-manifest.ts';
import { loadRegistry, type OutboundChoices } from './load-registry.ts';
import { NO_CHOICES } from './operator-choices.ts';

const reasons = async (change: Partial<HttpRunner>, more: Partial<Manifest> = {}): Promise<string> =>
  checkManifest(await remoteManifest(httpRunner('https://api.example.org', change), more)).join('\n');

test('a sound server has no fault', async () => {
  expect(await reasons({})).toBe('');
});

test.each<[string, Partial<HttpRunner>, string]>([
  ['an address without a scheme', { baseUrl: 'api.example.org' }, 'baseUrl: it must begin with https'],
  ['a setting that there is not', { baseUrl: '{endpoint}' }, '{endpoint} is no setting of requires.settings'],
  ['a directive that there is not', { submit: { path: '/x', body: { a: { $form: '/input/x' } } } }, '"$form" is no directive'],
  ['a pointer to nowhere', { submit: { path: '/x', body: [{ $from: '/inputs/x' }] } }, '"/inputs/x" must lead into input, shared'],
  ['a list without a template', { submit: { path: '/x', body: { $each: '/shared/chains' } } }, '$each goes with $each and as alone'],
  ['a look without an id', { accepted: { ...ACCEPTED, pollPath: '/work' } }, '"/work" has no {id}'],
  ['a secret in the manifest', { headers: { Authorization: 'Bearer x' } }, 'Authorization is a secret; say its name in auth'],
  ['a metric that is not declared', { result: { metrics: { plddt: { pointer: '/x' } } } }, '"plddt" is not listed in metrics'],
])('%s is told', async (_, change, reason) => {
  expect(await reasons(change)).toContain(reason);
});

test('a server is installed when its address is set, its host allowed and its secret there; until then each remedy is told', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'omtx-servers-'));
  try {
    const requires = { settings: [{ name: 'endpoint', kind: 'text' as const, title: 'Address of the server' }] };
    await writeRemoteModel(folder, await remoteManifest(httpRunner('{endpoint}'), { requires }));
    const stateWith = async (settings: Record<string, string>, outbound: OutboundChoices) => {
      const choices = { ...NO_CHOICES, settings: { remote: settings } };
      const sources = { folders: [folder], findEnvironment: () => Promise.resolve(undefined), offeredModels: [], choices, outbound };
      const state = (await loadRegistry(sources)).models.get('remote');
      return state?.kind === 'not_installed' ? state.remedy : state?.kind;
    };
    expect(await stateWith({}, { hosts: [], secrets: { fake: 'x' } })).toContain('omtx models set remote endpoint=VALUE');
    const endpoint = 'http://gpu1:8000';
    const closed = await stateWith({ endpoint }, { hosts: ['gpu1'], secrets: {} });
    expect(closed).toContain('OMTX_EGRESS=gpu1:8000');
    expect(closed).toContain('OMTX_SECRET_FAKE');
    expect(await stateWith({ endpoint }, { hosts: ['gpu1:8000'], secrets: { fake: 'x' } })).toBe('installed');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
