/** Rows that are marked: table and plots share them. */
import { useCallback, useState } from 'react';

export interface RowSelection {
  readonly selected: ReadonlySet<number>;
  readonly toggle: (index: number) => void;
  readonly set: (indexes: ReadonlySet<number>) => void;
}

export function useSelection(): RowSelection {
  const [selected, set] = useState<ReadonlySet<number>>(new Set());
  const toggle = useCallback((index: number) => {
    set((before) => {
      const next = new Set(before);
      if (!next.delete(index)) next.add(index);
      return next;
    });
  }, []);
  return { selected, toggle, set };
}
