/** Foretells how the time of a batch is spread over its rows, once the model's times are known. */
import type { JobId, Manifest } from '@omtx/contract';
import { inputSize } from '../domain/input-size.ts';
import { secondsOfSize } from '../domain/size-fit.ts';
import { profileOf, PROFILE_SLICES } from '../domain/time-profile.ts';
import type { Database } from '../storage/database.ts';
import { sampleInputs, storeTimeProfile } from '../storage/time-profile.ts';
import { readTiming } from '../storage/timing.ts';

/** The mean of a slice must not hang on one row. */
const ROWS_OF_SLICE = 8;

/** Does nothing before the first run of the model has been measured. @param sharedSize of the shared input, which counts for every row */
export async function profileJob(db: Database, { id, version }: Manifest, batchId: JobId, sharedSize: number): Promise<void> {
  const fit = (await readTiming(db, id, version))?.fit;
  if (!fit) return;
  const sampled = await sampleInputs(db, batchId, PROFILE_SLICES * ROWS_OF_SLICE);
  const profile = profileOf(
    sampled.flatMap(({ index, total, input }) => {
      const seconds = secondsOfSize(fit, sharedSize + inputSize(input));
      return seconds === undefined ? [] : [{ place: index / total, seconds }];
    }),
  );
  if (profile) await storeTimeProfile(db, batchId, profile);
}
