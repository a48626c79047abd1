/** Files of a job over HTTP: whole, in ranges, unchanged, damaged. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROUTES, type ArtifactLink, type RowDetail } from '@omtx/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Api } from '../../../test/api.ts';
import { openTestHub, type TestHub } from '../../../test/hub.ts';

let hub: TestHub;
let api: Api;

beforeAll(async () => {
  hub = await openTestHub();
  api = new Api(hub);
});

afterAll(() => hub.close());

async function fileOf(smiles: string) {
  const { id } = await api.submit({ input: { ligands: [{ smiles }] } });
  await api.ended(id);
  const { artifacts } = await api.call<RowDetail>({ url: `/api/v4/jobs/${id}/rows/0` }, 200);
  const [file] = artifacts;
  if (!file) throw new Error('the row has no file');
  return file;
}

const get = (url: string, headers: Record<string, string> = {}) =>
  hub.app.inject({ url, headers: { 'accept-encoding': 'gzip', ...headers } });

test('a file is sent whole with its size, its checksum as ETag and the offer of ranges; a part as 206; what is known as 304', async () => {
  const { href, sha256, sizeBytes } = await fileOf('CCO');
  const whole = await get(href);
  expect(whole.headers).toMatchObject({ etag: `"${sha256}"`, 'accept-ranges': 'bytes', 'content-length': String(sizeBytes) });
  expect(whole.headers['content-encoding']).toBeUndefined();
  const part = await get(href, { range: 'bytes=2-6' });
  expect(part.statusCode).toBe(206);
  expect(part.body).toBe(whole.body.slice(2, 7));
  expect(part.headers).toMatchObject({ 'content-range': `bytes 2-6/${String(sizeBytes)}`, 'content-length': '5' });
  expect((await get(href, { range: 'bytes=-4' })).body).toBe(whole.body.slice(-4));
  expect((await get(href, { range: 'bytes=0-1', 'if-range': '"another"' })).statusCode).toBe(200);
  const known = await get(href, { 'if-none-match': `"${sha256}"` });
  expect([known.statusCode, known.body]).toEqual([304, '']);
  const behind = await get(href, { range: 'bytes=9000-' });
  expect(behind.statusCode).toBe(416);
  expect(behind.json()).toMatchObject({ code: 'range_not_satisfiable' });
  expect(behind.headers['content-range']).toBe(`bytes */${String(sizeBytes)}`);
});

test('a damaged file is reported and neither it nor a part of it is sent', async () => {
  const { href, sha256, sizeBytes } = await fileOf('CCCC');
  await writeFile(join(hub.artifactsDir, sha256.slice(0, 2), sha256), Buffer.alloc(sizeBytes, 'x'));
  for (const headers of [{}, { range: 'bytes=0-3' }]) {
    const answer = await get(href, headers);
    expect(answer.statusCode).toBe(500);
    expect(answer.json()).toMatchObject({ code: 'artifact_damaged' });
    expect(answer.headers['content-type']).toContain('application/problem+json');
  }
});

test('where the store has no addresses of its own, the link is the one of the hub', async () => {
  const { href, sha256, sizeBytes } = await fileOf('CCCCC');
  const link = await api.call<ArtifactLink>({ url: `${href}/link` }, 200, ROUTES.linkArtifact.answer);
  expect(link).toEqual({ url: href, expiresAt: null, name: 'echo.json', mediaType: 'application/json', sizeBytes, sha256 });
  await api.problem({ url: `${href.replace(sha256, '0'.repeat(64))}/link` }, 'artifact_not_found');
});
