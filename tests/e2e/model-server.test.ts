/** A model on a server, with whole hubs: one that is killed while rows run there goes on with them, and a secret is nowhere but at the server. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { OmtxClient } from '@omtx/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ModelServer, SECRET } from '../../packages/server/test/remote/model-server.ts';
import { httpRunner, remoteManifest, writeRemoteModel } from '../../packages/server/test/remote/write-model.ts';
import { newDataDir, omtx, startProcess } from '../support/hub-process.ts';

let server: ModelServer;
let dataDir: string;

beforeAll(async () => {
  server = await ModelServer.start();
  dataDir = await newDataDir();
  const requires = { settings: [{ name: 'endpoint', kind: 'text' as const, title: 'Address of the server' }] };
  await writeRemoteModel(join(dataDir, 'remote-models'), await remoteManifest(httpRunner('{endpoint}'), { requires }));
});

afterAll(async () => {
  await server.goAway();
  await rm(dataDir, { recursive: true, force: true });
});

test('an operator sets the address and allows the host; a hub that is killed in the middle neither loses a row nor sends one again', async () => {
  const environment = { OMTX_MODELS_DIR: join(dataDir, 'remote-models'), OMTX_SECRET_FAKE: SECRET };
  const set = await omtx([
    'models',
    'set',
    'remote',
    `endpoint=${server.url}`,
    '--data-dir',
    dataDir,
    '--models-dir',
    environment.OMTX_MODELS_DIR,
  ]);
  expect(set.code, set.stderr).toBe(0);

  server.looksUntilDone = undefined;
  const allowed = { environment: { ...environment, OMTX_EGRESS: server.host, OMTX_LOG_LEVEL: 'debug' } };
  let hub = await startProcess('serve', dataDir, allowed);
  const { id } = await new OmtxClient({ baseUrl: hub.url }).submitJob({
    name: 'remote',
    taskType: 'protein_ligand_docking',
    modelId: 'remote',
    input: { ligands: ['C', 'CC', 'CCC', 'CCI'].map((smiles) => ({ smiles })) },
  });
  await expect.poll(() => server.works.filter(({ looks }) => looks > 0).length, { timeout: 60_000 }).toBe(4);
  await hub.kill();
  const logs = [...hub.lines];
  hub = await startProcess('serve', dataDir, allowed);
  server.finish();
  const client = new OmtxClient({ baseUrl: hub.url });
  await expect.poll(async () => (await client.getJob(id)).status, { timeout: 60_000 }).toBe('completed');
  const rows = await Promise.all([0, 1, 2, 3].map((index) => client.getRow(id, index)));
  expect(rows.map(({ outcome }) => outcome)).toEqual(['completed', 'completed', 'completed', 'failed']);
  expect(server.works).toHaveLength(4);
  const { href = '', sha256 = '' } = rows[0]?.artifacts[0] ?? {};
  expect(await (await fetch(`${hub.url}${href}`)).text()).toBe('ATOM 1\n');
  expect(sha256).toMatch(/^[0-9a-f]{64}$/);
  await hub.stop();
  logs.push(...hub.lines);
  expect(logs.join('\n')).not.toContain(SECRET);
  expect(await readFile(join(dataDir, 'models.json'), 'utf8')).not.toContain(SECRET);
});
