import type { ScaleLinear } from 'd3-scale';
import type { ChartFrame } from './scales.ts';

export interface AxesProps {
  readonly frame: ChartFrame;
  readonly x: ScaleLinear<number, number>;
  readonly y: ScaleLinear<number, number>;
  readonly xLabel: string;
  readonly yLabel: string;
}

const INK = 'var(--ink-3)';

export function Axes({ frame, x, y, xLabel, yLabel }: AxesProps) {
  const floor = frame.height - frame.bottom;
  const xFormat = x.tickFormat(6);
  const yFormat = y.tickFormat(5);
  return (
    <g fontSize="11" fill={INK} fontFamily="'Inter Variable', system-ui, sans-serif">
      {y.ticks(5).map((tick) => (
        <g key={tick}>
          <line x1={frame.left} x2={frame.width - frame.right} y1={y(tick)} y2={y(tick)} stroke="var(--line)" />
          <text x={frame.left - 6} y={y(tick)} dy="0.32em" textAnchor="end">
            {yFormat(tick)}
          </text>
        </g>
      ))}
      <line x1={frame.left} x2={frame.width - frame.right} y1={floor} y2={floor} stroke="var(--muted-mark)" />
      {x.ticks(6).map((tick) => (
        <text key={tick} x={x(tick)} y={floor + 14} textAnchor="middle">
          {xFormat(tick)}
        </text>
      ))}
      <text x={frame.width - frame.right} y={frame.height - 4} textAnchor="end" fill="var(--ink-2)">
        {xLabel}
      </text>
      <text
        x={4}
        y={frame.top + 4}
        fill="var(--ink-2)"
        transform={`rotate(-90 10 ${String(frame.top + 4)}) translate(-4 4)`}
        textAnchor="end"
      >
        {yLabel}
      </text>
    </g>
  );
}
