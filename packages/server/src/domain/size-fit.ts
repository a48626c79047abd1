/**
 * Time of a row by the size of its input, learned from the runs of a model: seconds = a * size^b, fitted in logarithms. Pure.
 *
 * The interval is not the spread within runs, which says nothing of another target or other parameters: it is how far off the
 * predictions for earlier runs were, each made before its run was learned.
 */

export interface SizedTime {
  readonly size: number;
  readonly seconds: number;
}

/** Weighted sums over rows, of x = ln(1 + size) and y = ln(seconds); and over runs, of squared errors of the mean in logarithms. */
export interface SizeFit {
  readonly weight: number;
  readonly x: number;
  readonly y: number;
  readonly xx: number;
  readonly xy: number;
  readonly yy: number;
  readonly runs: number;
  readonly errors: number;
  readonly squaredErrors: number;
}

export const EMPTY_FIT: SizeFit = { weight: 0, x: 0, y: 0, xx: 0, xy: 0, yy: 0, runs: 0, errors: 0, squaredErrors: 0 };

/** Of one run at most so many rows count: a long one must not be all that is known. */
const ROWS_OF_RUN = 200;
/** What was learned counts nine tenths with each further run. */
const KEPT = 0.9;
/** A slope needs rows of different sizes; the model's law is between "no matter" and the cube (attention over pairs of pairs). */
const MIN_ROWS = 8;
const MAX_SLOPE = 3;
/** Rows of equal size say nothing about the slope: it is drawn to 0 as if this much had been seen without one. */
const RIDGE = 0.5;
/** Before errors were seen a prediction is taken to be off by a factor of two. */
const PRIOR_ERROR = Math.log(2);
const PRIOR_ERRORS = 1;
/** Shorter times are noise of the clock, and a row that hung must not stretch every forecast: bounds of what is believed, seconds and logarithms. */
const LEAST_SECONDS = 1e-4;
const MOST_VARIANCE = 4;
const MOST_ERROR = Math.log(1_000);
/** Four of five runs lie in the interval where errors are as they were. */
const Z80 = 1.2816;

interface Line {
  readonly meanX: number;
  readonly meanY: number;
  readonly slope: number;
  /** Of one row around the line, in logarithms. */
  readonly variance: number;
}

/** @returns undefined before any row is known */
function lineOf({ weight, x, y, xx, xy, yy }: SizeFit): Line | undefined {
  if (weight <= 0) return undefined;
  const [meanX, meanY] = [x / weight, y / weight];
  const [varX, covariance, varY] = [xx - x * meanX, xy - x * meanY, yy - y * meanY];
  const slope = weight < MIN_ROWS ? 0 : Math.min(MAX_SLOPE, Math.max(0, covariance / (varX + RIDGE)));
  const variance = Math.min(MOST_VARIANCE, Math.max(0, (varY - 2 * slope * covariance + slope * slope * varX) / weight));
  return { meanX, meanY, slope, variance };
}

/** @returns mean seconds of a row of this size; undefined before any is known */
export function secondsOfSize(fit: SizeFit, size: number): number | undefined {
  const line = lineOf(fit);
  if (!line) return undefined;
  return Math.exp(line.meanY + line.slope * (Math.log1p(size) - line.meanX) + line.variance / 2);
}

/** @returns the factor by which a total may be over or under in four of five cases; at least 1 */
export function errorFactor({ errors, squaredErrors }: SizeFit): number {
  const variance = (squaredErrors + PRIOR_ERRORS * PRIOR_ERROR ** 2) / (errors + PRIOR_ERRORS);
  return Math.exp(Z80 * Math.sqrt(variance));
}

/** @param rows of one run, each as it was measured; times of nothing are left out */
export function learnRun(fit: SizeFit, rows: readonly SizedTime[]): SizeFit {
  const measured = rows.filter(({ seconds }) => seconds >= LEAST_SECONDS);
  if (measured.length === 0) return fit;
  const error = errorOfRun(fit, measured);
  const share = Math.min(1, ROWS_OF_RUN / measured.length);
  const sum = (of: (x: number, y: number) => number): number =>
    share * measured.reduce((total, { size, seconds }) => total + of(Math.log1p(size), Math.log(seconds)), 0);
  return {
    weight: KEPT * fit.weight + sum(() => 1),
    x: KEPT * fit.x + sum((x) => x),
    y: KEPT * fit.y + sum((_, y) => y),
    xx: KEPT * fit.xx + sum((x) => x * x),
    xy: KEPT * fit.xy + sum((x, y) => x * y),
    yy: KEPT * fit.yy + sum((_, y) => y * y),
    runs: fit.runs + 1,
    errors: KEPT * fit.errors + (error === undefined ? 0 : 1),
    squaredErrors: KEPT * fit.squaredErrors + (error === undefined ? 0 : error ** 2),
  };
}

/** Logarithm of what the run took over what was predicted for it; undefined before anything was known. */
function errorOfRun(fit: SizeFit, rows: readonly SizedTime[]): number | undefined {
  let [took, predicted] = [0, 0];
  for (const { size, seconds } of rows) {
    const expected = secondsOfSize(fit, size);
    if (expected === undefined) return undefined;
    took += seconds;
    predicted += expected;
  }
  return Math.max(-MOST_ERROR, Math.min(MOST_ERROR, Math.log(took / predicted)));
}
