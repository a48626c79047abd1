/** What the text of ligands holds, checked: read in a worker, molecules by RDKit, repeats found. */
import type { ModelAnswer } from '../../models/api/models.ts';
import { useEffect, useMemo, useState } from 'react';
import type { ReadMolecule } from '../../../lib/molecules/messages.ts';
import { readMolecules } from '../../../lib/molecules/molecules.ts';
import type { LibraryChoices, LibraryReading, LibraryRecord } from '../library.ts';

export interface CheckedRecord extends LibraryRecord {
  /** What the model runs on; undefined where it is rejected. */
  readonly canonical: string | undefined;
  readonly reason: string | undefined;
  /** Line of the earlier record that it repeats. */
  readonly sameAs: number | undefined;
  readonly note: string | undefined;
}

export interface CheckedLibrary {
  readonly reading: LibraryReading;
  readonly records: readonly CheckedRecord[];
  readonly rejected: number;
  readonly repeated: number;
}

export interface LibraryState {
  readonly library: CheckedLibrary | undefined;
  readonly isReading: boolean;
}

const REST_MS = 250;

/** Text, a file as it was chosen (plain or gzip), or what is known of one already; undefined where there is none. */
export type LibrarySource = string | File | LibraryReading | undefined;

export function useLibrary(source: LibrarySource, choices: LibraryChoices, model: ModelAnswer | undefined): LibraryState {
  const [state, setState] = useState<LibraryState>({ library: undefined, isReading: false });
  const { format, smilesColumn, nameColumn } = choices;
  const rules = useMemo(() => rulesOf(model), [model]);
  useEffect(() => {
    if (source === undefined || (typeof source === 'string' && source.trim() === '')) {
      setState({ library: undefined, isReading: false });
      return undefined;
    }
    const gone = new AbortController();
    setState((before) => ({ ...before, isReading: true }));
    const timer = setTimeout(() => {
      void check(source, { format, smilesColumn, nameColumn }, rules, gone.signal).then((library) => {
        if (!gone.signal.aborted) setState({ library, isReading: false });
      });
    }, REST_MS);
    return () => {
      clearTimeout(timer);
      gone.abort();
    };
  }, [source, format, smilesColumn, nameColumn, rules]);
  return state;
}

interface Rules {
  readonly largestFragment: boolean;
  readonly maxHeavyAtoms: number;
}

/** What the model's manifest says of its ligands, as far as the page checks it; the hub checks everything again. */
function rulesOf(model: ModelAnswer | undefined): Rules {
  const cleaning =
    model?.tasks.some(
      ({ molecule }) =>
        typeof molecule === 'object' && molecule !== null && 'cleaning' in molecule && molecule.cleaning === 'largest_fragment',
    ) ?? false;
  const limit = model?.limits.find(({ rule }) => rule === 'heavy_atoms')?.['max'];
  return { largestFragment: cleaning, maxHeavyAtoms: typeof limit === 'number' ? limit : Number.POSITIVE_INFINITY };
}

async function check(
  source: string | File | LibraryReading,
  choices: LibraryChoices,
  rules: Rules,
  signal: AbortSignal,
): Promise<CheckedLibrary> {
  const reading = typeof source === 'string' || source instanceof File ? await readInWorker(source, choices) : source;
  const molecules = await readMolecules(
    reading.records.map(({ molecule }) => molecule),
    rules.largestFragment,
    signal,
  );
  const seen = new Map<string, number>();
  const records = reading.records.map((record, place) => checkedOf(record, molecules[place], rules, seen));
  return {
    reading,
    records,
    rejected: records.filter(({ reason }) => reason !== undefined).length,
    repeated: records.filter(({ sameAs }) => sameAs !== undefined).length,
  };
}

function checkedOf(record: LibraryRecord, molecule: ReadMolecule | undefined, rules: Rules, seen: Map<string, number>): CheckedRecord {
  const none = { canonical: undefined, sameAs: undefined, note: undefined };
  if (!molecule) return { ...record, ...none, reason: 'it could not be checked' };
  if ('reason' in molecule) return { ...record, ...none, reason: molecule.reason };
  if (molecule.heavyAtoms > rules.maxHeavyAtoms)
    return {
      ...record,
      ...none,
      reason: `it has ${String(molecule.heavyAtoms)} heavy atoms; the model takes at most ${String(rules.maxHeavyAtoms)}`,
    };
  const sameAs = seen.get(molecule.canonical);
  if (sameAs === undefined) seen.set(molecule.canonical, record.line);
  const note = molecule.fragments > 1 && rules.largestFragment ? 'salt removed' : undefined;
  return { ...record, canonical: molecule.canonical, reason: undefined, sameAs, note };
}

let worker: Worker | undefined;
let nextId = 1;

function readInWorker(source: string | File, choices: LibraryChoices): Promise<LibraryReading> {
  worker ??= new Worker(new URL('../library-worker.ts', import.meta.url), { type: 'module', name: 'library' });
  const used = worker;
  const id = nextId++;
  return new Promise((resolve) => {
    const onAnswer = ({ data }: MessageEvent<{ readonly id: number; readonly reading: LibraryReading }>): void => {
      if (data.id !== id) return;
      used.removeEventListener('message', onAnswer);
      resolve(data.reading);
    };
    used.addEventListener('message', onAnswer);
    used.postMessage({ id, source, choices });
  });
}
