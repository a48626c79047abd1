import { useLayoutEffect, useRef, useState } from 'react';

/** Width of an element, followed as it changes. */
export function useWidth<E extends HTMLElement>(first: number) {
  const element = useRef<E>(null);
  const [width, setWidth] = useState(first);
  // Before the first paint, so that nothing is drawn at a width that it does not have.
  useLayoutEffect(() => {
    const observed = element.current;
    if (!observed) return undefined;
    setWidth(Math.max(160, Math.floor(observed.getBoundingClientRect().width)));
    const observer = new ResizeObserver(([entry]) => entry && setWidth(Math.max(160, Math.floor(entry.contentRect.width))));
    observer.observe(observed);
    return () => observer.disconnect();
  }, []);
  return { element, width };
}
