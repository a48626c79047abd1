/** How the time of rows is spread over a job in input order, so that the time left knows what is still to come. Pure. */

/** Slices that a profile has at most. */
export const PROFILE_SLICES = 32;

export interface SampledRow {
  /** 0..1: its place in input order. */
  readonly place: number;
  readonly seconds: number;
}

/** @returns mean seconds of a row in each of equal slices; undefined where there is nothing to tell apart */
export function profileOf(samples: readonly SampledRow[]): readonly number[] | undefined {
  if (samples.length < 2) return undefined;
  const slices = Array.from({ length: Math.min(PROFILE_SLICES, samples.length) }, () => ({ sum: 0, count: 0 }));
  for (const { place, seconds } of samples) {
    const slice = slices[Math.min(slices.length - 1, Math.floor(place * slices.length))];
    if (!slice) continue;
    slice.sum += seconds;
    slice.count += 1;
  }
  const mean = samples.reduce((sum, { seconds }) => sum + seconds, 0) / samples.length;
  return slices.map(({ sum, count }) => (count === 0 ? mean : sum / count));
}

/**
 * @param done 0..1: share of the rows, from the first one on, that are done
 * @returns mean seconds of the rows that are left over mean seconds of those that are done; 1 where one of both is not known
 */
export function leftOverDone(profile: readonly number[] | null | undefined, done: number): number {
  if (!profile || profile.length === 0 || done <= 0 || done >= 1) return 1;
  const total = profile.reduce((sum, seconds) => sum + seconds, 0) / profile.length;
  const before =
    profile.reduce((sum, seconds, slice) => sum + seconds * Math.min(1, Math.max(0, done * profile.length - slice)), 0) / profile.length;
  const [meanDone, meanLeft] = [before / done, (total - before) / (1 - done)];
  return meanDone > 0 && meanLeft > 0 ? meanLeft / meanDone : 1;
}
