/** How values are spread; what is selected is drawn over all, in the accent. */
import { scaleLinear } from 'd3-scale';
import { Axes } from './axes.tsx';
import { binValues, FRAME } from './scales.ts';
import { useWidth } from './use-size.ts';

export interface HistogramProps {
  readonly values: ArrayLike<number>;
  readonly selected?: ArrayLike<number> | undefined;
  readonly label: string;
  readonly height?: number;
  /** Called with the range of the bar that was clicked. */
  readonly chooseRange?: (from: number, to: number) => void;
}

const BINS = 24;

export function Histogram({ values, selected, label, height = 200, chooseRange }: HistogramProps) {
  const { element, width } = useWidth<HTMLDivElement>(480);
  const bins = binValues(values, BINS);
  const frame = { ...FRAME, width, height };
  const most = Math.max(1, ...bins.map(({ count }) => count));
  const x = scaleLinear([bins[0]?.from ?? 0, bins.at(-1)?.to ?? 1], [frame.left, width - frame.right]);
  const y = scaleLinear([0, most], [height - frame.bottom, frame.top]).nice();
  const bar = (from: number, to: number, count: number, fill: string) => (
    <rect x={x(from) + 0.5} width={Math.max(1, x(to) - x(from) - 1)} y={y(count)} height={Math.max(0, y(0) - y(count))} fill={fill} />
  );
  return (
    <div ref={element} className="w-full">
      <svg width={width} height={height} role="img" aria-label={`Distribution of ${label}`} xmlns="http://www.w3.org/2000/svg">
        <Axes frame={frame} x={x} y={y} xLabel={label} yLabel="rows" />
        {bins.map(({ from, to, count }) => (
          <g key={from} onClick={() => chooseRange?.(from, to)} className={chooseRange && 'cursor-pointer'}>
            <title>{`${String(from)} to ${String(to)}: ${String(count)}`}</title>
            {bar(from, to, count, 'var(--muted-mark)')}
            {selected && bar(from, to, countWithin(selected, from, to, to === bins.at(-1)?.to), 'var(--accent)')}
          </g>
        ))}
      </svg>
    </div>
  );
}

function countWithin(values: ArrayLike<number>, from: number, to: number, isLast: boolean): number {
  let count = 0;
  for (let place = 0; place < values.length; place++) {
    const value = values[place] ?? Number.NaN;
    if (value >= from && (value < to || (isLast && value <= to))) count++;
  }
  return count;
}
