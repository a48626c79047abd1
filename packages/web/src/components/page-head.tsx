import type { ReactNode } from 'react';
import { useEffect } from 'react';

/** Heading of a page; also the title of the tab. */
export function PageHead({ title, children, note }: { readonly title: string; readonly children?: ReactNode; readonly note?: ReactNode }) {
  useTitle(title);
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-4 md:px-5">
      <div className="min-w-0 flex-1">
        <h1 className="truncate text-lg font-semibold">{title}</h1>
        {note !== undefined && <p className="text-ink-2">{note}</p>}
      </div>
      <div className="no-print flex flex-wrap items-center gap-2">{children}</div>
    </div>
  );
}

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} - OMTX-Hub`;
    return () => {
      document.title = 'OMTX-Hub';
    };
  }, [title]);
}
