/** What stands around every page: rail (a bar at the bottom of narrow screens), top line, palette, messages. */
import { Link, Outlet } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useState } from 'react';
import { Icon, type IconName } from '../components/icons.tsx';
import { Toasts } from '../components/toasts.tsx';
import { useShortcuts } from '../lib/shortcuts.ts';
import { TopLine } from './top-line.tsx';

const Palette = lazy(() => import('../features/palette/components/palette.tsx').then((module) => ({ default: module.Palette })));

const PAGES = [
  { to: '/', name: 'Home', icon: 'home' },
  { to: '/submit', name: 'Submit', icon: 'plus' },
  { to: '/results', name: 'Results', icon: 'list' },
  { to: '/models', name: 'Models', icon: 'cube' },
  { to: '/analytics', name: 'Analytics', icon: 'chart' },
  { to: '/workers', name: 'Workers', icon: 'server' },
  { to: '/settings', name: 'Settings', icon: 'gear' },
] as const satisfies readonly { to: string; name: string; icon: IconName }[];

/** Five fit on a narrow screen; these are in the palette. */
const WIDE_ONLY: readonly string[] = ['/analytics', '/workers'];

export function Frame() {
  const [isPaletteOpen, setPaletteOpen] = useState(false);
  useShortcuts({ 'mod+k': () => setPaletteOpen((open) => !open) });
  return (
    <div className="flex min-h-dvh">
      <a
        href="#main"
        className="bg-surface-0 border-line sr-only z-50 rounded-md border p-2 focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        Skip to the page
      </a>
      <Rail />
      <div className="flex min-w-0 flex-1 flex-col">
        <TopLine openPalette={() => setPaletteOpen(true)} />
        <main id="main" tabIndex={-1} className="flex min-h-0 min-w-0 flex-1 flex-col pb-14 outline-none md:pb-0">
          <Suspense>
            <Outlet />
          </Suspense>
        </main>
      </div>
      <BottomBar />
      <Toasts />
      {isPaletteOpen && (
        <Suspense>
          <Palette close={() => setPaletteOpen(false)} />
        </Suspense>
      )}
    </div>
  );
}

const FOLDED = 'omtx.rail';

function Rail() {
  const [isFolded, setFolded] = useState(() => localStorage.getItem(FOLDED) === 'folded');
  useEffect(() => {
    localStorage.setItem(FOLDED, isFolded ? 'folded' : 'open');
  }, [isFolded]);
  return (
    <nav
      aria-label="Pages"
      className="bg-surface-0 border-line no-print sticky top-0 hidden h-dvh shrink-0 flex-col gap-0.5 border-r p-2 md:flex"
      style={{ width: isFolded ? 49 : 168 }}
    >
      <Link to="/" className="flex h-8 items-center gap-2 px-2 text-base font-semibold" aria-label="OMTX-Hub, home">
        <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true" className="shrink-0">
          <circle cx="8" cy="8" r="7" fill="var(--accent)" />
          <path d="M8 1a7 7 0 0 1 0 14z" fill="var(--accent-soft)" />
        </svg>
        {!isFolded && 'OMTX-Hub'}
      </Link>
      <div className="h-2" />
      {PAGES.map(({ to, name, icon }) => (
        <Link
          key={to}
          to={to}
          activeOptions={{ exact: to === '/', includeSearch: false }}
          title={isFolded ? name : undefined}
          className="text-ink-2 hover:bg-surface-2 hover:text-ink-1 flex h-8 items-center gap-2.5 rounded-md px-2"
          activeProps={{ className: 'bg-accent-soft !text-ink-1 font-medium', 'aria-current': 'page' }}
        >
          <Icon name={icon} />
          <span className={isFolded ? 'sr-only' : undefined}>{name}</span>
        </Link>
      ))}
      <div className="flex-1" />
      <a
        href="/docs"
        className="text-ink-2 hover:bg-surface-2 hover:text-ink-1 flex h-8 items-center gap-2.5 rounded-md px-2"
        title="Description of the API"
      >
        <Icon name="book" />
        <span className={isFolded ? 'sr-only' : undefined}>API</span>
      </a>
      <button
        type="button"
        onClick={() => setFolded(!isFolded)}
        aria-label={isFolded ? 'Unfold the rail' : 'Fold the rail'}
        className="text-ink-3 hover:bg-surface-2 flex h-8 items-center gap-2.5 rounded-md px-2"
      >
        <Icon name={isFolded ? 'chevronRight' : 'chevronLeft'} />
        {!isFolded && 'Fold'}
      </button>
    </nav>
  );
}

function BottomBar() {
  return (
    <nav aria-label="Pages" className="bg-surface-0 border-line no-print fixed inset-x-0 bottom-0 z-20 flex border-t md:hidden">
      {PAGES.filter(({ to }) => !WIDE_ONLY.includes(to)).map(({ to, name, icon }) => (
        <Link
          key={to}
          to={to}
          activeOptions={{ exact: to === '/', includeSearch: false }}
          className="text-ink-2 flex h-14 flex-1 flex-col items-center justify-center gap-0.5 text-xs"
          activeProps={{ className: '!text-accent font-medium', 'aria-current': 'page' }}
        >
          <Icon name={icon} size={18} />
          {name}
        </Link>
      ))}
    </nav>
  );
}
