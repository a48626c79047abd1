import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile, mkdir } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { ensureWeights, findWeights, weightsPath } from './weights.ts';

const CONTENT = Buffer.from('weights '.repeat(1_000));
const SHA256 = createHash('sha256').update(CONTENT).digest('hex');
const report = (): void => undefined;
let dataDir = '';
let server: Server;
let url = '';
/** What the server does next: sends all, breaks off in the middle, or sends something else. */
let behaviour: 'whole' | 'cut' | 'other' = 'whole';
let requests: (string | undefined)[] = [];
const CUT_AT = 3_000;

/** A break throws away what the reader has not taken yet, so it comes when the bytes before it are on the disk. */
async function untilStored(bytes: number): Promise<void> {
  const half = `${weightsPath(dataDir, weights())}.half`;
  while ((await stat(half).catch(() => undefined))?.size !== bytes) await sleep(5);
}

beforeAll(async () => {
  server = createServer((request, response) => {
    requests.push(request.headers.range);
    const start = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    response.writeHead(start > 0 ? 206 : 200, { 'content-length': CONTENT.length - start });
    if (behaviour === 'cut') {
      response.write(CONTENT.subarray(start, CUT_AT));
      void untilStored(CUT_AT).then(() => response.destroy());
    } else response.end(behaviour === 'other' ? Buffer.alloc(CONTENT.length - start, 1) : CONTENT.subarray(start));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/w.pt`;
});
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'omtx-weights-'));
  requests = [];
  behaviour = 'whole';
  return () => rm(dataDir, { recursive: true, force: true });
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const weights = () => ({ name: 'w.pt', url, bytes: CONTENT.length, sha256: SHA256 });

test('weights are fetched once, checked, and read-only', async () => {
  expect(await findWeights(dataDir, weights())).toBeUndefined();
  const [one, two] = await Promise.all([ensureWeights(dataDir, weights(), { report }), ensureWeights(dataDir, weights(), { report })]);
  expect(two).toBe(one);
  expect(requests).toHaveLength(1);
  expect(await readFile(one)).toEqual(CONTENT);
  expect((await stat(one)).mode & 0o222).toBe(0);
});

test('a download that breaks off is not accepted, and goes on where it stopped', async () => {
  behaviour = 'cut';
  await expect(ensureWeights(dataDir, weights(), { report })).rejects.toThrow();
  expect(await findWeights(dataDir, weights())).toBeUndefined();
  behaviour = 'whole';
  const path = await ensureWeights(dataDir, weights(), { report });
  expect(await readFile(path)).toEqual(CONTENT);
  expect(requests[1]).toMatch(/^bytes=\d+-$/);
});

test('a file with another digest is refused, named, and removed', async () => {
  behaviour = 'other';
  await expect(ensureWeights(dataDir, weights(), { report })).rejects.toThrow(
    /w\.pt is not what the manifest declares: 8000 bytes with SHA-256/,
  );
  expect(await findWeights(dataDir, weights())).toBeUndefined();
  behaviour = 'whole';
  await ensureWeights(dataDir, weights(), { report });
});

test('a file of the right name and another size is not taken for the weights', async () => {
  const path = weightsPath(dataDir, weights());
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, 'half');
  expect(await findWeights(dataDir, weights())).toBeUndefined();
});
