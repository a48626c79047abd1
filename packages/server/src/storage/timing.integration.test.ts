/** What is learned of a model's times, by the hardware that its rows ran on. */
import { sql } from 'kysely';
import { afterEach, expect, test } from 'vitest';
import { Batches } from '../../test/batches.ts';
import { secondsOfSize } from '../domain/size-fit.ts';
import { learnTiming, offeredSlots, readTiming } from './timing.ts';

const batches = Batches.use();

afterEach(async () => {
  await sql`delete from model_timings`.execute(batches.db);
});

/** Runs of twenty rows, each of which takes so long per heavy atom. */
async function learnRuns(hardware: string, secondsPerAtom: number, runs = 6): Promise<void> {
  const rows = Array.from({ length: 20 }, (_, index) => ({ size: 10 + index, seconds: secondsPerAtom * (10 + index) }));
  for (let run = 0; run < runs; run++)
    await learnTiming(batches.db, 'echo', '1', hardware, { rows, setupSeconds: 2, rowSeconds: 20 * secondsPerAtom });
}

test('before its first run nothing is known of a model', async () => {
  expect(await readTiming(batches.db, 'echo', '1', 'H100')).toBeUndefined();
});

test('times are told by hardware and by size, and of hardware that is new by all others together', async () => {
  await learnRuns('8 CPUs', 1);
  await learnRuns('H100', 0.05);
  const [onCpus, onGpu] = [await readTiming(batches.db, 'echo', '1', '8 CPUs'), await readTiming(batches.db, 'echo', '1', 'H100')];
  expect(onCpus?.pace).toEqual({ rowSeconds: 20, setupSeconds: 2 });
  expect(onGpu?.pace.rowSeconds).toBeCloseTo(1);
  for (const [timing, perAtom] of [
    [onCpus, 1],
    [onGpu, 0.05],
  ] as const)
    expect(timing?.fit && secondsOfSize(timing.fit, 25)).toBeGreaterThan(0.8 * 25 * perAtom);
  expect(onGpu?.fit && secondsOfSize(onGpu.fit, 25)).toBeLessThan(0.1 * 25);
  const elsewhere = (await readTiming(batches.db, 'echo', '1', 'L4'))?.pace.rowSeconds ?? Number.NaN;
  expect(elsewhere).toBeGreaterThan(1);
  expect(elsewhere).toBeLessThan(20);
  expect(await readTiming(batches.db, 'echo', '2', 'H100')).toBeUndefined();
});

test('slots that live hosts offer are told by hardware, most first', async () => {
  await sql`delete from workers`.execute(batches.db);
  await batches.addWorker([{ modelId: 'echo', modelVersion: '1', slots: 2, hardware: 'H100' }]);
  await batches.addWorker([{ modelId: 'echo', modelVersion: '1', slots: 3, hardware: '8 CPUs' }]);
  await batches.addWorker([{ modelId: 'echo', modelVersion: '1', slots: 4, hardware: '8 CPUs' }]);
  const silent = await batches.addWorker([{ modelId: 'echo', modelVersion: '1', slots: 90, hardware: 'L4' }]);
  await sql`update workers set heartbeat_at = now() - interval '1 minute' where id = ${silent}`.execute(batches.db);
  expect(await offeredSlots(batches.db, 'echo', '1')).toEqual([
    { hardware: '8 CPUs', slots: 7 },
    { hardware: 'H100', slots: 2 },
  ]);
});
