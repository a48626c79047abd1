/** Status as shape, word and colour. */
import type { JobStatus, RowOutcome } from '@omtx/contract';
import type { ReactNode } from 'react';
import { cx } from './class-names.ts';

export type Mark = JobStatus | RowOutcome | 'paused';

const SHAPES: Readonly<Record<Mark, ReactNode>> = {
  pending: <circle cx="8" cy="8" r="5.5" />,
  running: (
    <>
      <circle cx="8" cy="8" r="5.5" />
      <path d="M8 2.5a5.5 5.5 0 0 1 0 11z" fill="currentColor" stroke="none" />
    </>
  ),
  completed: (
    <>
      <circle cx="8" cy="8" r="5.5" />
      <path d="m5.5 8.2 1.8 1.8L10.6 6.4" />
    </>
  ),
  failed: (
    <>
      <circle cx="8" cy="8" r="5.5" />
      <path d="m6 6 4 4M10 6l-4 4" />
    </>
  ),
  cancelled: (
    <>
      <circle cx="8" cy="8" r="5.5" />
      <path d="M5.2 8h5.6" />
    </>
  ),
  paused: (
    <>
      <circle cx="8" cy="8" r="5.5" />
      <path d="M6.6 5.8v4.4M9.4 5.8v4.4" />
    </>
  ),
  rejected: <path d="M8 2.5 14 13H2zM8 6.5v3M8 11.2h.01" />,
  reused: (
    <path d="M6.8 9.2a2.3 2.3 0 0 0 3.3 0l2-2a2.3 2.3 0 0 0-3.3-3.3l-.7.7M9.2 6.8a2.3 2.3 0 0 0-3.3 0l-2 2a2.3 2.3 0 0 0 3.3 3.3l.7-.7" />
  ),
};

const COLOURS: Readonly<Record<Mark, string>> = {
  pending: 'text-ink-3',
  running: 'text-info',
  completed: 'text-ok',
  failed: 'text-bad',
  cancelled: 'text-ink-3',
  paused: 'text-warn',
  rejected: 'text-warn',
  reused: 'text-ink-2',
};

export function StatusMark({ status, size = 16 }: { readonly status: Mark; readonly size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.4"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      className={cx('shrink-0', COLOURS[status], status === 'running' && 'turning')}
    >
      {SHAPES[status]}
    </svg>
  );
}

export function Status({ status, children }: { readonly status: Mark; readonly children?: ReactNode }) {
  return (
    <span className={cx('inline-flex items-center gap-1.5 whitespace-nowrap', COLOURS[status])}>
      <StatusMark status={status} />
      {children ?? status}
    </span>
  );
}
