/** Rows of a campaign side by side: places, agreement of the arms, consensus and selectivity. NaN stands for no score. */

export interface ArmScores {
  readonly target: string;
  readonly model: string;
  /** Scores of different metrics have no difference. */
  readonly metric: string | null;
  readonly lowerIsBetter: boolean;
  /** [row] in input order */
  readonly scores: Float64Array;
}

export interface Agreement {
  readonly rows: number;
  readonly spearman: number | null;
}

/** Below so many shared rows a correlation says nothing. */
const LEAST_SHARED = 3;

/** 1-based, equal scores share a place and the next is skipped, as `rank()` in SQL does. @returns [row], 0 without a score */
export function placesOf({ scores, lowerIsBetter }: Pick<ArmScores, 'scores' | 'lowerIsBetter'>): Int32Array {
  const places = new Int32Array(scores.length);
  let place = 0;
  let before = NaN;
  for (const [position, row] of bestFirst(scores, lowerIsBetter).entries()) {
    const score = scores[row] ?? NaN;
    if (score !== before) place = position + 1;
    places[row] = place;
    before = score;
  }
  return places;
}

/** Rows with a score, best first; equal ones in input order. */
function bestFirst(scores: Float64Array, lowerIsBetter: boolean): readonly number[] {
  const sign = lowerIsBetter ? 1 : -1;
  const rows = [...scores.keys()].filter((row) => !Number.isNaN(scores[row]));
  return rows.sort((a, b) => sign * ((scores[a] ?? 0) - (scores[b] ?? 0)) || a - b);
}

/**
 * Mean of the row's places in all arms, each as a share of the ranked rows: 0 the best, 1 the last.
 * @param places of each arm, see `placesOf` @returns [row], NaN where an arm has no score
 */
export function consensusOf(places: readonly Int32Array[]): Float64Array {
  const ranked = places.map((each) => each.reduce((count, place) => count + Number(place > 0), 0));
  return Float64Array.from({ length: places[0]?.length ?? 0 }, (_, row) => {
    let sum = 0;
    for (const [arm, each] of places.entries()) {
      const place = each[row] ?? 0;
      if (place === 0) return NaN;
      sum += ranked[arm] === 1 ? 0 : (place - 1) / ((ranked[arm] ?? 0) - 1);
    }
    return sum / places.length;
  });
}

/** Spearman's rank correlation over the rows that both arms have a score for; better in one with better in the other is above 0. */
export function agreementOf(a: ArmScores, b: ArmScores): Agreement {
  const shared = [...a.scores.keys()].filter((row) => !Number.isNaN(a.scores[row]) && !Number.isNaN(b.scores[row]));
  if (shared.length < LEAST_SHARED) return { rows: shared.length, spearman: null };
  return { rows: shared.length, spearman: correlation(meanPlaces(a, shared), meanPlaces(b, shared)) };
}

/** Places among the shared rows; equal scores have the mean of the places that they take together. */
function meanPlaces({ scores, lowerIsBetter }: ArmScores, shared: readonly number[]): Float64Array {
  const own = Float64Array.from(shared, (row) => scores[row] ?? NaN);
  const order = bestFirst(own, lowerIsBetter);
  const places = new Float64Array(own.length);
  for (let start = 0; start < order.length;) {
    let end = start + 1;
    while (end < order.length && own[order[end] ?? 0] === own[order[start] ?? 0]) end += 1;
    for (const row of order.slice(start, end)) places[row] = (start + end + 1) / 2;
    start = end;
  }
  return places;
}

/** Pearson's. @returns null where all values of one side are equal */
function correlation(a: Float64Array, b: Float64Array): number | null {
  const mean = (values: Float64Array): number => values.reduce((sum, each) => sum + each, 0) / values.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  let [product, squareA, squareB] = [0, 0, 0];
  for (const [row, each] of a.entries()) {
    const [fromA, fromB] = [each - meanA, (b[row] ?? NaN) - meanB];
    product += fromA * fromB;
    squareA += fromA * fromA;
    squareB += fromB * fromB;
  }
  if (squareA === 0 || squareB === 0) return null;
  return Math.max(-1, Math.min(1, product / Math.sqrt(squareA * squareB)));
}

/**
 * By how much the reference target is favoured over the most favoured other one, in the unit of the score: the least margin of all models
 * that were run on both. Above 0 the reference wins in each.
 * @returns [row], NaN where a score is missing, and where no model has the reference and another target
 */
export function selectivityOf(arms: readonly ArmScores[], reference: string): Float64Array {
  const rows = arms[0]?.scores.length ?? 0;
  const least = new Float64Array(rows).fill(Infinity);
  for (const home of arms.filter(({ target }) => target === reference)) {
    for (const away of arms.filter((arm) => arm.model === home.model && arm.target !== reference && arm.metric === home.metric)) {
      const sign = home.lowerIsBetter ? 1 : -1;
      for (let row = 0; row < rows; row++) {
        // NaN stays NaN in Math.min.
        least[row] = Math.min(least[row] ?? NaN, sign * ((away.scores[row] ?? NaN) - (home.scores[row] ?? NaN)));
      }
    }
  }
  return least.map((margin) => (margin === Infinity ? NaN : margin));
}

/** Rows in the order of a value; those without one last, equal ones in input order. */
export function orderBy(values: ArrayLike<number>, ascending: boolean): Uint32Array {
  const sign = ascending ? 1 : -1;
  const rows = Uint32Array.from({ length: values.length }, (_, row) => row);
  return rows.sort((a, b) => {
    const [first, second] = [values[a] ?? NaN, values[b] ?? NaN];
    const [noFirst, noSecond] = [Number.isNaN(first), Number.isNaN(second)];
    if (noFirst || noSecond) return Number(noFirst) - Number(noSecond) || a - b;
    return sign * (first - second) || a - b;
  });
}
