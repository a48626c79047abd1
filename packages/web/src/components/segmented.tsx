/** One of a few, all in view. */
import { cx } from './class-names.ts';

export interface SegmentedProps<T extends string> {
  readonly label: string;
  readonly choices: readonly (readonly [value: T, name: string])[];
  readonly value: T;
  readonly choose: (value: T) => void;
}

export function Segmented<T extends string>({ label, choices, value, choose }: SegmentedProps<T>) {
  return (
    <div role="radiogroup" aria-label={label} className="bg-surface-2 border-line inline-flex w-fit flex-wrap rounded-md border p-0.5">
      {choices.map(([each, name]) => (
        <button
          key={each}
          type="button"
          role="radio"
          aria-checked={each === value}
          onClick={() => choose(each)}
          className={cx(
            'rounded px-2.5 py-0.5 text-sm',
            each === value
              ? 'bg-surface-0 text-ink-1 border-line border font-medium'
              : 'text-ink-2 hover:text-ink-1 border border-transparent',
          )}
        >
          {name}
        </button>
      ))}
    </div>
  );
}
