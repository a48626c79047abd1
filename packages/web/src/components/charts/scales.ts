import { scaleLinear, type ScaleLinear } from 'd3-scale';

export interface ChartFrame {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly bottom: number;
  readonly top: number;
  readonly right: number;
}

export const FRAME = { left: 48, bottom: 36, top: 8, right: 12 } as const;

/** Below these, relative to the values and at all, two values cannot be told apart on an axis, and its ticks could not be computed. */
const SAME_RELATIVE = 1e-12;
const SAME_ABSOLUTE = 1e-300;

/** Least and greatest finite value, a little apart where they are one. */
export function extentOf(values: ArrayLike<number>): readonly [number, number] | undefined {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let place = 0; place < values.length; place++) {
    const value = values[place] ?? Number.NaN;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  if (min > max) return undefined;
  const same = Math.max(SAME_ABSOLUTE, SAME_RELATIVE * Math.max(Math.abs(min), Math.abs(max)));
  return max - min <= same ? [min - 0.5, max + 0.5] : [min, max];
}

export function scaleAcross(extent: readonly [number, number], { width, left, right }: ChartFrame): ScaleLinear<number, number> {
  return scaleLinear([...extent], [left, width - right]).nice();
}

export function scaleUp(extent: readonly [number, number], { height, top, bottom }: ChartFrame): ScaleLinear<number, number> {
  return scaleLinear([...extent], [height - bottom, top]).nice();
}

export interface Bin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** Bins of equal width over the finite values; [from, to), the last one closed. */
export function binValues(values: ArrayLike<number>, wanted: number): readonly Bin[] {
  const extent = extentOf(values);
  if (!extent) return [];
  const ticks = scaleLinear([...extent], [0, 1])
    .nice(wanted)
    .ticks(wanted);
  // Values closer than ticks can tell apart are one bin.
  const edges = ticks.length > 1 ? ticks : extent;
  const bins = edges.slice(0, -1).map((from, place) => ({ from, to: edges[place + 1] ?? from, count: 0 }));
  const [first] = bins;
  if (!first) return [];
  const width = first.to - first.from;
  for (let place = 0; place < values.length; place++) {
    const value = values[place] ?? Number.NaN;
    // Rounding may put the least value a hair before the first edge.
    const bin = bins[Math.max(0, Math.min(bins.length - 1, Math.floor((value - first.from) / width)))];
    if (bin) bin.count++;
  }
  return bins;
}

/** Whether a point lies in a polygon, by the even-odd rule; coordinates in pixels, [x0, y0, x1, y1, ...]. */
export function isInside(polygon: readonly number[], x: number, y: number): boolean {
  let inside = false;
  for (let i = 0, j = polygon.length - 2; i < polygon.length; j = i, i += 2) {
    const [xi = 0, yi = 0, xj = 0, yj = 0] = [polygon[i], polygon[i + 1], polygon[j], polygon[j + 1]];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}
