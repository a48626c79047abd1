/** How long work takes, from the timing of its model. Pure; seconds. */
import type { Pace } from './shard-size.ts';
import { errorFactor, secondsOfSize, type SizeFit } from './size-fit.ts';

/**
 * Rows in `slots` lanes, each lane with its set-up; a last lane that is not full still takes a whole row.
 * @param slots rows at once; at least 1 is taken, because a quote asks how long it takes once a worker is there
 */
export function secondsFor(rowCount: number, { setupSeconds, rowSeconds }: Pace, slots: number): number {
  if (rowCount === 0) return 0;
  return setupSeconds + Math.ceil(rowCount / Math.max(1, slots)) * rowSeconds;
}

export interface PaceOfRows {
  /** Mean over the rows. */
  readonly rowSeconds: number;
  /** By which totals may be over or under in four of five cases; null where no run of the model was seen. */
  readonly factor: number | null;
}

/** Adds up what the rows of a submission take, each by the size of its input; they may come in pieces. */
export class RowsToEstimate {
  readonly #fit: SizeFit | undefined;
  #rows = 0;
  #seconds = 0;

  constructor(fit: SizeFit | undefined) {
    this.#fit = fit;
  }

  add(size: number): void {
    this.#rows += 1;
    if (this.#fit) this.#seconds += secondsOfSize(this.#fit, size) ?? 0;
  }

  /** @param otherwise seconds of a row where no run was seen */
  pace(otherwise: number): PaceOfRows {
    if (!this.#fit || this.#fit.weight <= 0) return { rowSeconds: otherwise, factor: null };
    return { rowSeconds: this.#rows === 0 ? otherwise : this.#seconds / this.#rows, factor: errorFactor(this.#fit) };
  }
}
