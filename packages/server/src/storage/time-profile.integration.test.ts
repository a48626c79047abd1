/** The time left of a batch whose rows grow heavier, from the statement that samples them to what a reader is told. */
import { LOCAL_OWNER } from '@omtx/contract';
import { expect, test } from 'vitest';
import { Batches, completed, rejected } from '../../test/batches.ts';
import { profileJob } from '../dispatch/profile-job.ts';
import type { Manifest } from '@omtx/contract';
import { findJobDetail } from './read-jobs.ts';
import { sampleInputs } from './time-profile.ts';
import { learnTiming } from './timing.ts';
import { recordOutcomes } from './runs/record-outcomes.ts';

const batches = Batches.use();
const manifest = { id: 'echo', version: '1' } as Manifest;
const row = (atoms: number) => ({ input: { ligand: { smiles: 'C'.repeat(atoms) } } });
const growing = Array.from({ length: 100 }, (_, index) => row(1 + index));

test('a sample is spread over the job, by key, and leaves out rows that do not run', async () => {
  const id = await batches.submit([...growing.map((each) => ({ ...rejected, ...each, rejection: null })), rejected]);
  const sampled = await sampleInputs(batches.db, id, 11);
  expect(sampled.map((each) => each.index)).toEqual([0, 9, 18, 27, 36, 45, 55, 64, 73, 82, 91]);
  expect(await sampleInputs(batches.db, id, 1_000)).toHaveLength(100);
});

test('before a run of the model was measured nothing is foretold; then a claim asks once, and the time left knows that large rows come last', async () => {
  const id = await batches.submit(growing.map((each) => ({ ...rejected, ...each, rejection: null })));
  const first = await batches.mustClaim(2, 10);
  expect(first.wantsTimeProfile).toBe(true);
  await profileJob(batches.db, manifest, id, 0);
  expect((await batches.job(id)).time_profile).toBeNull();
  const rows = Array.from({ length: 20 }, (_, index) => ({ size: 5 * (1 + index), seconds: 5 * (1 + index) }));
  for (let run = 0; run < 5; run++) await learnTiming(batches.db, 'echo', '1', '2 CPUs', { rows, setupSeconds: 0, rowSeconds: 50 });
  const second = await batches.mustClaim(2, 10);
  expect(second.wantsTimeProfile).toBe(true);
  await profileJob(batches.db, manifest, id, 0);
  expect((await batches.mustClaim(1, 10)).wantsTimeProfile).toBe(false);
  const { time_profile: profile } = await batches.job(id);
  expect(profile?.at(-1)).toBeGreaterThan(10 * (profile?.[0] ?? Number.NaN));
  await recordOutcomes(
    batches.db,
    first.id,
    first.indexes.map((index) => completed(index)),
    [],
  );
  expect((await findJobDetail(batches.db, LOCAL_OWNER, id))?.timeProfile).toEqual(profile);
});

test('a small job asks for no profile', async () => {
  await batches.submit(5);
  expect((await batches.mustClaim()).wantsTimeProfile).toBe(false);
});
