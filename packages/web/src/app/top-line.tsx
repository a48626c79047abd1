import { useNavigate, Link } from '@tanstack/react-router';
import { useRef, type FormEvent } from 'react';
import { IconButton } from '../components/button.tsx';
import { Icon } from '../components/icons.tsx';
import { StatusMark } from '../components/status.tsx';
import { useRunning } from '../features/results/api/use-running.ts';
import { formatCount } from '../lib/format.ts';
import { chooseTheme, useIsDark } from '../lib/preferences.ts';
import { useShortcuts } from '../lib/shortcuts.ts';

export function TopLine({ openPalette }: { readonly openPalette: () => void }) {
  const isDark = useIsDark();
  return (
    <header className="bg-surface-0 border-line no-print sticky top-0 z-20 flex h-12 shrink-0 items-center gap-2 border-b px-3 md:px-5">
      <SearchBox />
      <div className="flex-1" />
      <RunningNow />
      <button
        type="button"
        onClick={openPalette}
        className="border-line text-ink-2 hover:bg-surface-2 hidden h-7 items-center rounded-md border px-2 text-xs sm:flex"
        title="Command palette"
      >
        Ctrl K
      </button>
      <IconButton
        icon={isDark ? 'sun' : 'moon'}
        label={isDark ? 'Light theme' : 'Dark theme'}
        onClick={() => chooseTheme(isDark ? 'light' : 'dark')}
      />
    </header>
  );
}

function SearchBox() {
  const field = useRef<HTMLInputElement>(null);
  const navigate = useNavigate();
  useShortcuts({ '/': () => field.current?.focus() });
  const search = (event: FormEvent): void => {
    event.preventDefault();
    const text = field.current?.value.trim();
    void navigate({ to: '/results', search: text === '' || text === undefined ? {} : { search: text } });
  };
  return (
    <form role="search" onSubmit={search} className="relative w-full max-w-md min-w-0">
      <span className="text-ink-3 absolute top-1/2 left-2.5 -translate-y-1/2">
        <Icon name="search" />
      </span>
      <input
        ref={field}
        type="search"
        name="search"
        aria-label="Search jobs"
        placeholder="Search jobs"
        className="bg-surface-1 border-line placeholder:text-ink-3 h-8 w-full rounded-md border pr-8 pl-8 text-sm"
      />
      <kbd className="border-line text-ink-3 pointer-events-none absolute top-1/2 right-2 hidden -translate-y-1/2 rounded border px-1.5 text-xs sm:block">
        /
      </kbd>
    </form>
  );
}

/** The place is kept while nothing runs, so that nothing shifts when it does. */
function RunningNow() {
  const running = useRunning();
  if (!running || running.jobs === 0) return null;
  const share = running.total === 0 ? 0 : running.final / running.total;
  const percent = `${String(Math.floor(100 * share))} %`;
  return (
    <Link
      to="/results"
      search={{ status: 'running' }}
      className="text-ink-2 hover:bg-surface-2 flex h-7 items-center gap-2 rounded-md px-2"
      title="Jobs that run now"
    >
      <StatusMark status="running" />
      <span className="whitespace-nowrap">
        {formatCount(running.jobs)} <span className="max-sm:sr-only">running</span>
      </span>
      <span className="bg-track hidden h-1 w-20 overflow-hidden rounded-full sm:block">
        <span className="bg-info block h-full" style={{ width: `${String(100 * share)}%` }} />
      </span>
      <span className="hidden text-right sm:block sm:w-9">{percent}</span>
    </Link>
  );
}
