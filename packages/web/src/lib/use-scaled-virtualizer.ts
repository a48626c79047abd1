/**
 * A list of fixed rows of any length: browsers stop at about 33 million pixels of height, so a longer list is squeezed into less and
 * the place in it scaled. One pixel of the scroll bar is then several of the list; a wheel or a key still moves by rows.
 */
import { useVirtualizer, type Virtualizer } from '@tanstack/react-virtual';
import { useEffect, type RefObject } from 'react';

const MAX_HEIGHT = 15_000_000;
const OVERSCAN = 6;

export interface ScaledList {
  readonly virtualizer: Virtualizer<HTMLDivElement, Element>;
  /** Height that the scrolled element is given. */
  readonly height: number;
  /** Pixels from the top of the scrolled element for a row that starts at `start` of the list. */
  place(start: number): number;
  scrollToRow(position: number): void;
}

/** Pixels of the list for one pixel of the scroll bar. */
export function scaleOf(total: number, viewport: number): number {
  return total <= MAX_HEIGHT ? 1 : (total - viewport) / (MAX_HEIGHT - viewport);
}

export function useScaledVirtualizer(
  count: number,
  rowHeight: number,
  element: RefObject<HTMLDivElement | null>,
  headHeight: number,
): ScaledList {
  const total = count * rowHeight;
  const scaleNow = () => scaleOf(total, element.current?.clientHeight ?? 0);
  const virtualizer = useVirtualizer<HTMLDivElement, Element>({
    count,
    getScrollElement: () => element.current,
    estimateSize: () => rowHeight,
    overscan: OVERSCAN,
    scrollPaddingStart: headHeight,
    observeElementOffset: (instance, tell) => {
      const scrolled = instance.scrollElement;
      if (!scrolled) return undefined;
      const onScroll = () => tell(scrolled.scrollTop * scaleNow(), false);
      onScroll();
      scrolled.addEventListener('scroll', onScroll, { passive: true });
      return () => scrolled.removeEventListener('scroll', onScroll);
    },
    scrollToFn: (offset) => {
      if (element.current) element.current.scrollTop = offset / scaleNow();
    },
  });
  useEffect(() => virtualizer.measure(), [virtualizer, rowHeight]);
  return {
    virtualizer,
    height: Math.min(total, MAX_HEIGHT),
    place: (start) => {
      const scrollTop = element.current?.scrollTop ?? 0;
      return start - scrollTop * scaleNow() + scrollTop;
    },
    scrollToRow: (position) => {
      const scrolled = element.current;
      if (!scrolled) return;
      const top = scrolled.scrollTop * scaleNow();
      const visible = scrolled.clientHeight - headHeight;
      const start = position * rowHeight;
      if (start < top) scrolled.scrollTop = start / scaleNow();
      else if (start + rowHeight > top + visible) scrolled.scrollTop = (start + rowHeight - visible) / scaleNow();
    },
  };
}
