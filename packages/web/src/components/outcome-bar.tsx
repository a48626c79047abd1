/** All rows of a job as one bar: what became of them, in the order in which a person asks. */
import type { Progress } from '@omtx/contract';

const PARTS = [
  ['completed', 'var(--ok)'],
  ['failed', 'var(--bad)'],
  ['rejected', 'var(--warn)'],
  ['cancelled', 'var(--muted-mark)'],
  ['running', 'var(--info)'],
] as const;

/** `failed` of the progress holds the rejected ones; here they are apart. */
export function outcomeCounts({ completed, failed, rejected, cancelled, running, pending }: Progress) {
  return { completed, failed: failed - rejected, rejected, cancelled, running, pending };
}

export function OutcomeBar({ progress, height = 8 }: { readonly progress: Progress; readonly height?: number }) {
  const counts = outcomeCounts(progress);
  const words = [
    ...PARTS.filter(([name]) => counts[name] > 0).map(([name]) => `${String(counts[name])} ${name}`),
    `${String(counts.pending)} to come`,
  ];
  return (
    <div
      role="img"
      aria-label={`${String(progress.total)} rows: ${words.join(', ')}`}
      className="bg-track flex w-full overflow-hidden rounded-full"
      style={{ height }}
    >
      {PARTS.map(([name, colour]) =>
        counts[name] === 0 ? null : (
          <div
            key={name}
            style={{ width: `${String((100 * counts[name]) / Math.max(1, progress.total))}%`, minWidth: 2, background: colour }}
          />
        ),
      )}
    </div>
  );
}
