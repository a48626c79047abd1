import type { ReactNode } from 'react';
import { PageHead } from '../../../components/page-head.tsx';
import { Segmented } from '../../../components/segmented.tsx';
import { chooseDensity, chooseTheme, useDensity, useTheme, type Density, type Theme } from '../../../lib/preferences.ts';

const THEMES = [
  ['system', 'As the system'],
  ['light', 'Light'],
  ['dark', 'Dark'],
] as const satisfies readonly (readonly [Theme, string])[];
const DENSITIES = [
  ['comfortable', 'Comfortable'],
  ['compact', 'Compact'],
] as const satisfies readonly (readonly [Density, string])[];

export function SettingsPage() {
  const theme = useTheme();
  const density = useDensity();
  return (
    <>
      <PageHead title="Settings" note="Kept in this browser." />
      <div className="panel mx-4 mb-6 max-w-2xl md:mx-5">
        <Setting name="Theme" note="Pictures of molecules and the 3D view have palettes of their own for the dark.">
          <Segmented label="Theme" choices={THEMES} value={theme} choose={chooseTheme} />
        </Setting>
        <Setting name="Rows of tables" note="Compact rows are 32 px high and have small pictures.">
          <Segmented label="Rows of tables" choices={DENSITIES} value={density} choose={chooseDensity} />
        </Setting>
      </div>
      <Shortcuts />
    </>
  );
}

function Setting({ name, note, children }: { readonly name: string; readonly note: string; readonly children: ReactNode }) {
  return (
    <div className="border-line flex flex-wrap items-center justify-between gap-3 border-b p-3 last:border-b-0">
      <div>
        <h2 className="font-medium">{name}</h2>
        <p className="text-ink-2">{note}</p>
      </div>
      {children}
    </div>
  );
}

const KEYS = [
  ['Ctrl K', 'command palette'],
  ['/', 'search'],
  ['Up, Down', 'move in the table of a batch; the 3D view follows'],
  ['Space', 'pin the row for comparison'],
  ['x', 'select the row'],
  ['Enter', 'open the row on a page of its own'],
  ['Home, End', 'first and last row'],
] as const;

function Shortcuts() {
  return (
    <section className="panel mx-4 mb-8 max-w-2xl md:mx-5">
      <h2 className="border-line border-b px-3 py-2 font-medium">Keyboard</h2>
      <dl className="grid grid-cols-[8rem_minmax(0,1fr)] gap-y-1.5 p-3">
        {KEYS.map(([keys, what]) => (
          <div key={keys} className="contents">
            <dt>
              <kbd className="border-line rounded border px-1.5 text-xs">{keys}</kbd>
            </dt>
            <dd className="text-ink-2">{what}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
