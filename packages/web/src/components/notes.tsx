/** Empty states that teach, errors with remedy, skeletons in the place of what comes. */
import type { ReactNode } from 'react';
import { explainError } from '../lib/hub.ts';
import { Button } from './button.tsx';
import { Icon } from './icons.tsx';

export function EmptyState({
  title,
  children,
  action,
}: {
  readonly title: string;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
}) {
  return (
    <div className="mx-auto flex max-w-md flex-col items-center gap-2 px-6 py-12 text-center">
      <h2 className="text-base font-medium">{title}</h2>
      {children !== undefined && <div className="text-ink-2">{children}</div>}
      {action !== undefined && <div className="pt-2">{action}</div>}
    </div>
  );
}

export function ErrorNote({ error, retry }: { readonly error: unknown; readonly retry?: () => void }) {
  const { title, detail } = explainError(error);
  return (
    <div role="alert" className="panel border-bad flex items-start gap-2.5 p-3">
      <span className="text-bad pt-0.5">
        <Icon name="warn" />
      </span>
      <div className="min-w-0 flex-1">
        <p className="font-medium">{title}</p>
        <p className="text-ink-2 break-words">{detail}</p>
      </div>
      {retry && (
        <Button onClick={retry} icon="retry">
          Try again
        </Button>
      )}
    </div>
  );
}

export function Skeleton({ width, height = 16 }: { readonly width?: number | string; readonly height?: number }) {
  return <span className="skeleton inline-block align-middle" style={{ width: width ?? '100%', height }} />;
}

export function SkeletonRows({ count, height = 40 }: { readonly count: number; readonly height?: number }) {
  return (
    <div role="status" aria-label="Loading" className="flex flex-col">
      {Array.from({ length: count }, (_, index) => (
        <div key={index} className="border-line flex items-center gap-4 border-b px-3" style={{ height }}>
          <Skeleton width={`${String(20 + ((index * 37) % 25))}%`} />
          <Skeleton width="15%" />
          <Skeleton width="10%" />
        </div>
      ))}
    </div>
  );
}
