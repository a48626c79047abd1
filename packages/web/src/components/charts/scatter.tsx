/**
 * One metric against another: any number of points on a canvas, a lasso over it. Points are drawn as squares into one path per colour:
 * 100,000 take some tens of milliseconds and are drawn when data or selection change, never while the lasso moves.
 */
import { useEffect, useMemo, useRef, useState, type PointerEvent } from 'react';
import { Axes } from './axes.tsx';
import { extentOf, FRAME, isInside, scaleAcross, scaleUp } from './scales.ts';
import { useWidth } from './use-size.ts';

export interface ScatterProps {
  /** Values by index of the row; NaN where there is none. */
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  /** Indexes of the rows that are shown. */
  readonly indexes: Uint32Array;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly selected: ReadonlySet<number>;
  readonly select: (indexes: ReadonlySet<number>) => void;
  readonly current: number | undefined;
  readonly choose: (index: number) => void;
  readonly height?: number;
}

const NEAR_PIXELS = 8;
/** A lasso shorter than this is a click. */
const CLICK_PIXELS = 6;

export function Scatter(props: ScatterProps) {
  const { x, y, indexes, xLabel, yLabel, selected, current, height = 360 } = props;
  const { element, width } = useWidth<HTMLDivElement>(480);
  const canvas = useRef<HTMLCanvasElement>(null);
  const frame = { ...FRAME, width, height };
  const across = useMemo(() => scaleAcross(extentOf(x) ?? [0, 1], { ...FRAME, width, height }), [x, width, height]);
  const up = useMemo(() => scaleUp(extentOf(y) ?? [0, 1], { ...FRAME, width, height }), [y, width, height]);
  useEffect(() => {
    if (canvas.current)
      draw(
        canvas.current,
        props,
        (value) => across(value),
        (value) => up(value),
        width,
        height,
      );
  });
  // Pointer events come faster than renders, so the points are kept beside the state that draws them.
  const points = useRef<number[]>([]);
  const [lasso, setLasso] = useState<readonly number[]>([]);
  const add = (event: PointerEvent<Element>): void => {
    points.current.push(...pointOf(event));
    setLasso([...points.current]);
  };
  const pointOf = (event: PointerEvent<Element>): readonly [number, number] => {
    const box = event.currentTarget.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const end = (event: PointerEvent<Element>): void => {
    const [px, py] = pointOf(event);
    const drawn = points.current;
    points.current = [];
    const isClick = Math.hypot(px - (drawn[0] ?? px), py - (drawn[1] ?? py)) < CLICK_PIXELS && drawn.length < 12;
    if (isClick) {
      const near = nearest(
        props,
        (value) => across(value),
        (value) => up(value),
        px,
        py,
      );
      if (near !== undefined) props.choose(near);
      props.select(new Set());
    } else
      props.select(new Set([...indexes].filter((index) => isInside(drawn, across(x[index] ?? Number.NaN), up(y[index] ?? Number.NaN)))));
    setLasso([]);
  };
  return (
    <div ref={element} className="relative w-full" style={{ height }}>
      <svg width={width} height={height} className="absolute inset-0" aria-hidden="true">
        <Axes frame={frame} x={across} y={up} xLabel={xLabel} yLabel={yLabel} />
      </svg>
      <canvas ref={canvas} className="pointer-events-none absolute inset-0" style={{ width, height }} />
      <svg
        width={width}
        height={height}
        role="img"
        aria-label={`${yLabel} against ${xLabel}, ${String(indexes.length)} rows, ${String(selected.size)} selected`}
        className="absolute inset-0 cursor-crosshair touch-none"
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          points.current = [];
          add(event);
        }}
        onPointerMove={(event) => points.current.length > 0 && add(event)}
        onPointerUp={end}
      >
        {current !== undefined && Number.isFinite(x[current]) && Number.isFinite(y[current]) && (
          <circle cx={across(x[current] ?? 0)} cy={up(y[current] ?? 0)} r="6" fill="none" stroke="var(--ink-1)" strokeWidth="1.5" />
        )}
        {lasso.length > 4 && <polygon points={lasso.join(' ')} fill="var(--accent)" fillOpacity="0.1" stroke="var(--accent)" />}
      </svg>
    </div>
  );
}

type ToPixels = (value: number) => number;

function draw(
  canvas: HTMLCanvasElement,
  { x, y, indexes, selected }: ScatterProps,
  across: ToPixels,
  up: ToPixels,
  width: number,
  height: number,
): void {
  const ratio = Math.min(2, devicePixelRatio);
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  const context = canvas.getContext('2d');
  if (!context) return;
  context.scale(ratio, ratio);
  const style = getComputedStyle(canvas);
  const size = indexes.length > 20_000 ? 1.5 : indexes.length > 2_000 ? 2.5 : 4;
  const put = (index: number): void => {
    const px = across(x[index] ?? Number.NaN);
    const py = up(y[index] ?? Number.NaN);
    if (Number.isFinite(px) && Number.isFinite(py)) context.rect(px - size / 2, py - size / 2, size, size);
  };
  context.beginPath();
  for (const index of indexes) if (!selected.has(index)) put(index);
  context.globalAlpha = indexes.length > 2_000 ? 0.45 : 0.75;
  context.fillStyle = style.getPropertyValue(selected.size > 0 ? '--muted-mark' : '--bar');
  context.fill();
  context.beginPath();
  for (const index of selected) put(index);
  context.globalAlpha = 1;
  context.fillStyle = style.getPropertyValue('--accent');
  context.fill();
}

function nearest({ x, y, indexes }: ScatterProps, across: ToPixels, up: ToPixels, px: number, py: number): number | undefined {
  let best: number | undefined;
  let least = NEAR_PIXELS;
  for (const index of indexes) {
    const distance = Math.hypot(across(x[index] ?? Number.NaN) - px, up(y[index] ?? Number.NaN) - py);
    if (distance < least) {
      least = distance;
      best = index;
    }
  }
  return best;
}
