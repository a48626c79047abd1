/** Faults of what the hub stands on: a full disk, a network that falls silent, a clock that jumps. */
import { execFileSync } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { afterEach, expect, test } from 'vitest';
import { createTestDatabase } from '../../packages/server/test/database.ts';
import { openSilentProxy } from './support/silent-proxy.ts';
import { screen, Stage } from './support/stage.ts';
import { expectHonest } from './support/verdict.ts';

const LIMIT_MS = 300_000;
const IS_LONG = process.env['OMTX_FAULT_KILLS'] !== undefined;
const JUMPING_CLOCK = join(import.meta.dirname, '..', 'support', 'jumping-clock.ts');

let stage: Stage | undefined;
afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

async function closeWithoutOrphans(theatre: Stage): Promise<void> {
  stage = undefined;
  expect(await theatre.close()).toEqual([]);
}

async function onDatabase<T extends pg.QueryResultRow>(url: string, sql: string, values: readonly unknown[] = []): Promise<readonly T[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<T>(sql, [...values])).rows;
  } finally {
    await client.end();
  }
}

function mountSmallDisk(folder: string, megabytes: number): string | undefined {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${String(megabytes)}m,mode=755`, 'tmpfs', folder], { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Writes zeros until the disk is full. */
async function fillDisk(file: string): Promise<void> {
  const zeros = Buffer.alloc(64 * 1024);
  async function* forever(): AsyncGenerator<Buffer> {
    for (;;) yield await Promise.resolve(zeros);
  }
  await pipeline(forever(), createWriteStream(file, { flags: 'a' })).catch(() => undefined);
}

test(
  'a disk that is full for a while, for the database too: the screen waits, then ends, and no row is lost',
  { timeout: LIMIT_MS },
  async (context) => {
    const rows = 1_000;
    const disk = await mkdtemp(join(tmpdir(), 'omtx-disk-'));
    await chmod(disk, 0o755);
    const refusal = mountSmallDisk(disk, 400);
    if (refusal !== undefined) {
      await rm(disk, { recursive: true, force: true });
      context.skip(`a small disk needs the right to mount one: ${refusal}`);
    }
    try {
      const theatre = (stage = await Stage.open(disk));
      const hub = await theatre.start('serve', { args: ['--cpus', '2'] });
      const id = await theatre.submit(screen(rows, 0.02));
      await theatre.untilCompleted(id, 50);
      const ballast = join(disk, 'ballast');
      await fillDisk(ballast);
      const troubles = [
        'record_delayed',
        'end_delayed',
        'run_failed',
        'postgres_down',
        'claim_failed',
        'heartbeat_failed',
        'monitor_failed',
      ];
      const hasTrouble = (): boolean => hub.lines.some((line) => troubles.some((event) => line.includes(`"event":"${event}"`)));
      await expect
        .poll(
          async () => {
            await fillDisk(ballast);
            return hasTrouble();
          },
          { timeout: 120_000, interval: 500 },
        )
        .toBe(true);
      await rm(ballast);
      await theatre.untilFinished(id);
      // The model dies of the full disk too, and a row that was in flight twice at that moment has failed for good.
      await theatre.withDatabase((databaseUrl) => expectHonest({ databaseUrl, dataDir: disk, jobId: id, rows, mayFail: 4 }));
      await closeWithoutOrphans(theatre);
    } finally {
      await stage?.close();
      stage = undefined;
      execFileSync('umount', ['-l', disk]);
      await rm(disk, { recursive: true, force: true });
    }
  },
);

test(
  'a worker host whose network falls silent loses its rows to another one, and what it tells later changes nothing',
  { timeout: LIMIT_MS },
  async () => {
    const rows = 600;
    const database = await createTestDatabase();
    const proxy = await openSilentProxy(database.url);
    try {
      const theatre = (stage = await Stage.open());
      const direct = { DATABASE_URL: database.url };
      const hub = await theatre.start('serve', { args: ['--no-work'], environment: direct });
      const cutOff = await theatre.start('work', { args: ['--cpus', '2'], environment: { DATABASE_URL: proxy.url } });
      const id = await theatre.submit(screen(rows, 0.03));
      await theatre.untilCompleted(id, 50);
      proxy.fallSilent();
      const other = await theatre.start('work', { args: ['--cpus', '2'], environment: direct });
      // Its lease would be over in 30 s; time is moved instead.
      await onDatabase(database.url, `update runs set lease_until = now() - interval '1 second' where ended_at is null and batch_id = $1`, [
        id,
      ]);
      await theatre.untilFinished(id);
      proxy.speakAgain();
      await expectHonest({ databaseUrl: database.url, dataDir: theatre.dataDir, jobId: id, rows, mayFail: 0 });
      if (IS_LONG) {
        // The host that was cut off notices by itself, and takes rows again.
        await theatre.stop(other);
        const next = await theatre.submit(screen(100, 0));
        await theatre.untilFinished(next);
        await expectHonest({ databaseUrl: database.url, dataDir: theatre.dataDir, jobId: next, rows: 100, mayFail: 0 });
        await theatre.stop(cutOff);
      } else await theatre.kill(cutOff);
      await theatre.stop(hub);
      await closeWithoutOrphans(theatre);
    } finally {
      await stage?.close();
      stage = undefined;
      await proxy.close();
      await database.drop();
    }
  },
);

test(
  'a worker host whose clock jumps two hours ahead and back keeps its runs; the times that are stored are the database’s',
  { timeout: LIMIT_MS },
  async () => {
    const rows = 400;
    const theatre = (stage = await Stage.open());
    await theatre.start('serve', { args: ['--no-work'] });
    const environment = { NODE_OPTIONS: `--import=${JUMPING_CLOCK}` };
    const worker = await theatre.start('work', { args: ['--cpus', '2'], environment });
    const id = await theatre.submit(screen(rows, 0.03));
    await theatre.untilCompleted(id, 30);
    process.kill(worker.pid, 'SIGUSR2');
    await theatre.untilCompleted(id, 150);
    process.kill(worker.pid, 'SIGUSR2');
    await theatre.untilFinished(id);
    await theatre.withDatabase(async (databaseUrl) => {
      await expectHonest({ databaseUrl, dataDir: theatre.dataDir, jobId: id, rows, mayFail: 0 });
      const odd = await onDatabase(
        databaseUrl,
        `select r.index from batch_rows r join jobs on jobs.id = r.batch_id
       where r.batch_id = $1 and r.outcome = 'completed' and not (r.started_at between jobs.created_at and r.finished_at and r.finished_at <= now())`,
        [id],
      );
      expect(odd).toEqual([]);
      const ended = await onDatabase(databaseUrl, `select end_reason from runs where batch_id = $1 and end_reason <> 'finished'`, [id]);
      expect(ended).toEqual([]);
      expect(await onDatabase(databaseUrl, 'select * from attempts where batch_id = $1', [id])).toEqual([]);
    });
    await closeWithoutOrphans(theatre);
  },
);
