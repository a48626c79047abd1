/** Files in a bucket: the store against a real S3 server, and a whole hub that keeps its files there. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { OmtxClient } from '@omtx/client';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { storeSuite } from '../../packages/server/src/storage/artifacts/artifact-store.suite.ts';
import { S3ArtifactStore } from '../../packages/server/src/storage/artifacts/s3-artifact-store.ts';
import { newDataDir, omtx, startProcess } from '../support/hub-process.ts';
import { hasVersitygw, KEYS, needsVersitygw, startVersitygw, type S3Server } from '../support/versitygw.ts';

const BUCKET = 'results';
let folder: string;
let server: S3Server;

beforeAll(async () => {
  if (!hasVersitygw()) return;
  folder = await mkdtemp(join(tmpdir(), 'omtx-s3-'));
  server = await startVersitygw(join(folder, 'buckets'));
  Object.assign(process.env, KEYS);
  const client = new S3Client({ endpoint: server.endpoint, forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  client.destroy();
});

afterAll(async () => {
  if (!hasVersitygw()) return;
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

beforeEach((context) => {
  needsVersitygw(context);
});

function storeAt(prefix: string): S3ArtifactStore {
  return new S3ArtifactStore({ bucket: BUCKET, prefix, endpoint: server.endpoint, region: undefined });
}

describe.each(['', 'omtx/files'])('with the prefix "%s"', (prefix) => {
  storeSuite(() => ({
    store: storeAt(prefix),
    damage: (sha256, content) => writeFile(join(server.folder, BUCKET, prefix, sha256.slice(0, 2), sha256), content),
  }));
});

test('a signed address gives the file to whoever has it, and none without the signature', async () => {
  const store = storeAt('signed');
  const { sha256 } = await store.put(Buffer.from('a pose'));
  const { url, expiresAt } = await store.linkTo(sha256, 'pose.sdf');
  const answer = await fetch(url);
  expect([answer.status, await answer.text()]).toEqual([200, 'a pose']);
  expect(answer.headers.get('content-disposition')).toBe('attachment; filename="pose.sdf"');
  expect(expiresAt.getTime()).toBeGreaterThan(Date.now());
  expect((await fetch(url.split('?')[0] ?? '')).status).toBe(403);
});

test('a bucket that is not there is said so with what to look at', async () => {
  const store = new S3ArtifactStore({ bucket: 'nowhere', prefix: '', endpoint: server.endpoint, region: undefined });
  await expect(store.probe()).rejects.toThrow(/bucket "nowhere" cannot be used .* OMTX_ARTIFACTS/);
});

test('a hub keeps its files in the bucket: made, read whole and in ranges, linked, and exported', async () => {
  const dataDir = await newDataDir();
  const environment = { ...KEYS, OMTX_ARTIFACTS: `s3://${BUCKET}/hub`, AWS_ENDPOINT_URL_S3: server.endpoint };
  const hub = await startProcess('serve', dataDir, { environment });
  try {
    const client = new OmtxClient({ baseUrl: hub.url });
    const { id } = await client.submitJob({
      name: 's3',
      taskType: 'protein_ligand_docking',
      modelId: 'echo',
      input: { ligands: [{ smiles: 'CCO' }, { smiles: 'CCC' }] },
    });
    await expect.poll(async () => (await client.getJob(id)).status, { timeout: 60_000 }).toBe('completed');
    const [file] = (await client.getRow(id, 0)).artifacts;
    const { href = '', sha256 = '' } = file ?? {};
    const whole = await (await fetch(`${hub.url}${href}`)).text();
    expect(JSON.parse(whole)).toMatchObject({ asked: { smiles: 'CCO' } });
    expect(await readFile(join(server.folder, BUCKET, 'hub', sha256.slice(0, 2), sha256), 'utf8')).toBe(whole);
    const part = await fetch(`${hub.url}${href}`, { headers: { range: 'bytes=2-6' } });
    expect([part.status, await part.text()]).toEqual([206, whole.slice(2, 7)]);
    const link = (await (await fetch(`${hub.url}${href}/link`)).json()) as { url: string; expiresAt: string };
    expect(link.url.startsWith(`${server.endpoint}/${BUCKET}/hub/`)).toBe(true);
    expect(await (await fetch(link.url)).text()).toBe(whole);
    const answer = await omtx(['results', id, '--format', 'zip', '--output', join(folder, 'job.zip')], hub.url);
    expect(answer.code, answer.stderr).toBe(0);
  } finally {
    await hub.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
});
