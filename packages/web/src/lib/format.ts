/** Numbers, times and durations in the page's words. */
import type { MetricDefinition } from '@omtx/contract';

const counts = new Intl.NumberFormat('en');
const MINUS = '\u2212';

export function formatCount(value: number): string {
  return counts.format(value);
}

/** Decimals as the registry says; a true minus sign, so that columns of figures align. */
export function formatNumber(value: number, decimals: number): string {
  const text = value.toFixed(decimals);
  return text.startsWith('-') ? `${MINUS}${text.slice(1)}` : text;
}

export function formatMetric(value: number, metric: MetricDefinition | undefined): string {
  return formatNumber(value, metric?.decimals ?? 3);
}

/** Four figures, for what no registry describes. */
export function formatSignificant(value: number): string {
  const text =
    Math.abs(value) >= 1e6 || (value !== 0 && Math.abs(value) < 1e-4) ? value.toExponential(2) : String(Number(value.toPrecision(4)));
  return text.startsWith('-') ? `${MINUS}${text.slice(1)}` : text;
}

/** Two units at most: "2 h 5 min", "40 s". */
export function formatDuration(seconds: number): string {
  if (seconds < 1) return 'under 1 s';
  if (seconds < 60) return `${String(Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${String(minutes)} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${String(hours)} h` : `${String(hours)} h ${String(minutes % 60)} min`;
  return `${String(Math.round(hours / 24))} days`;
}

const dayAndTime = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
});
const timeOnly = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const dayOnly = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });

export function formatTime(iso: string): string {
  return dayAndTime.format(new Date(iso));
}

/** "14:02" today, "3 Nov, 14:02" before. */
export function formatShortTime(iso: string, now = new Date()): string {
  const at = new Date(iso);
  return at.toDateString() === now.toDateString() ? timeOnly.format(at) : `${dayOnly.format(at)}, ${timeOnly.format(at)}`;
}

const SIZES = ['B', 'kB', 'MB', 'GB'] as const;

export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1_000 && unit < SIZES.length - 1) {
    value /= 1_000;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? String(Math.round(value)) : value.toFixed(1)} ${SIZES[unit] ?? ''}`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
