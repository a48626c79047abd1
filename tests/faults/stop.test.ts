/** A hub whose database is gone for good still ends when it is told to. */
import { readFileSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { newDataDir, startProcess } from '../support/hub-process.ts';

test('SIGTERM ends a hub whose database cannot be reached nor started, with all of its processes', async () => {
  const dataDir = await newDataDir();
  const hub = await startProcess('serve', dataDir);
  const cluster = join(dataDir, 'postgres', 'cluster');
  const server = Number(readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n')[0]);
  rmSync(join(cluster, 'postgresql.conf'));
  process.kill(server, 'SIGKILL');
  await expect.poll(() => hub.lines.some((line) => line.includes('"postgres_down"')), { timeout: 60_000 }).toBe(true);
  expect(await hub.stop()).toBe(0);
  expect(hub.lines.some((line) => line.includes('"stop_failed"'))).toBe(true);
  await rm(dataDir, { recursive: true, force: true });
});
