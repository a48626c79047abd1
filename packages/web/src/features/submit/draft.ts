/** What is in the form. Kept in the browser, so that a reload loses nothing. */
import type { JobDetail, RowView, SubmitJob } from '@omtx/contract';
import { smilesOf } from '../batch/columns.ts';
import type { LibraryChoices, LibraryReading } from './library.ts';

export interface Draft extends LibraryChoices {
  readonly name: string;
  readonly modelId: string;
  readonly taskType: string;
  readonly shared: Readonly<Record<string, unknown>>;
  readonly ligands: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly seed: number;
}

export const EMPTY_DRAFT: Draft = {
  name: '',
  modelId: '',
  taskType: '',
  shared: {},
  ligands: '',
  format: undefined,
  smilesColumn: undefined,
  nameColumn: undefined,
  parameters: {},
  seed: 42,
};

const KEY = 'omtx.draft';
/** Browsers keep about 5 MB; a larger library stays in its file. */
const MOST_KEPT = 2_000_000;

export function loadDraft(): Draft {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? 'null');
    return typeof stored === 'object' && stored !== null ? { ...EMPTY_DRAFT, ...stored } : EMPTY_DRAFT;
  } catch {
    return EMPTY_DRAFT; // Blocked storage or a draft of another version.
  }
}

export function keepDraft(draft: Draft): void {
  const text = JSON.stringify(draft);
  try {
    localStorage.setItem(KEY, text.length <= MOST_KEPT ? text : JSON.stringify({ ...draft, ligands: '' }));
  } catch {
    // Storage is full or blocked: the form holds what was typed until the tab is closed.
  }
}

/** The form as the job was submitted; its library as SMILES lines. */
export function draftOfJob(job: JobDetail, rows: readonly RowView[]): Draft {
  const lines = rows.flatMap((row) => {
    const smiles = smilesOf(row);
    return smiles === undefined ? [] : [`${smiles} ${row.name ?? ''}`.trim()];
  });
  return {
    ...EMPTY_DRAFT,
    name: `${job.name} (copy)`.slice(0, 200),
    modelId: job.modelId,
    taskType: job.taskType,
    shared: job.sharedInput,
    parameters: job.parameters,
    seed: job.seed,
    ligands: lines.join('\n'),
    format: 'smi',
  };
}

/** Parts of the form that a model with rows of ligands asks for; `library` is undefined for a task without them. */
export function submissionOf(draft: Draft, reading: LibraryReading | undefined): SubmitJob {
  const library = reading && {
    format: reading.format,
    text: draft.ligands,
    ...(reading.smilesColumn === undefined ? {} : { smilesColumn: reading.smilesColumn }),
    ...(reading.nameColumn === undefined ? {} : { nameColumn: reading.nameColumn }),
  };
  const first = reading?.total === 1 && reading.format !== 'sdf' ? reading.records[0] : undefined;
  const own = first
    ? { ligand: { smiles: first.molecule, ...(first.name === undefined ? {} : { name: first.name }) } }
    : library
      ? { library }
      : {};
  return {
    name: draft.name.trim(),
    taskType: draft.taskType,
    modelId: draft.modelId,
    input: { ...draft.shared, ...own },
    ...(Object.keys(draft.parameters).length === 0 ? {} : { parameters: draft.parameters }),
    seed: draft.seed,
  };
}
