/** What a person chose for this browser: theme and density. `public/theme.js` reads the same keys before the first paint. */
import { useSyncExternalStore } from 'react';

export type Theme = 'system' | 'light' | 'dark';
export type Density = 'comfortable' | 'compact';

const listeners = new Set<() => void>();
const darkSystem = globalThis.matchMedia?.('(prefers-color-scheme: dark)');
darkSystem?.addEventListener('change', tellAll);
/** Below Tailwind's `md`: the rail is a bar at the bottom. */
const narrowScreen = globalThis.matchMedia?.('(max-width: 767px)');
narrowScreen?.addEventListener('change', tellAll);

function tellAll(): void {
  for (const listener of listeners) listener();
}

export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, readTheme);
}

/** The theme as it is shown now; pictures and the 3D view have palettes of their own for the dark. */
export function useIsDark(): boolean {
  return useSyncExternalStore(subscribe, isDark);
}

export function useIsNarrow(): boolean {
  return useSyncExternalStore(subscribe, () => narrowScreen.matches);
}

export function useDensity(): Density {
  return useSyncExternalStore(subscribe, readDensity);
}

export function chooseTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
  store('omtx.theme', theme);
  tellAll();
}

export function chooseDensity(density: Density): void {
  if (density === 'compact') document.documentElement.dataset['density'] = density;
  else delete document.documentElement.dataset['density'];
  store('omtx.density', density);
  tellAll();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function readTheme(): Theme {
  const theme = document.documentElement.dataset['theme'];
  return theme === 'light' || theme === 'dark' ? theme : 'system';
}

function isDark(): boolean {
  const theme = readTheme();
  return theme === 'system' ? darkSystem.matches : theme === 'dark';
}

function readDensity(): Density {
  return document.documentElement.dataset['density'] === 'compact' ? 'compact' : 'comfortable';
}

function store(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Storage is blocked or full: the choice holds until the tab is closed.
  }
}
