/** What is in the form. Kept in the browser, so that a reload loses nothing. */
import type { JobDetail, RowView } from '@omtx/contract';
import { isObject, textOf } from '../../lib/json-schema.ts';
import { smilesOf } from '../batch/columns.ts';
import type { LibraryChoices } from './library.ts';

/** A library that is sent as a file; it stays with the hub for some days. */
export interface DraftUpload {
  readonly id: string;
  readonly fileName: string;
}

/** Rows of an earlier job, all of them, as the hub holds them. */
export interface DraftRows {
  readonly jobId: string;
  readonly name: string;
  readonly total: number;
}

export interface Draft extends LibraryChoices {
  readonly name: string;
  readonly modelId: string;
  readonly taskType: string;
  readonly shared: Readonly<Record<string, unknown>>;
  /** Input of the one row of a task whose rows are neither ligands nor sequences. */
  readonly own: Readonly<Record<string, unknown>>;
  readonly ligands: string;
  readonly sequences: string;
  readonly upload: DraftUpload | undefined;
  readonly rowsOf: DraftRows | undefined;
  /** Prepared targets that get a job of their own with the same ligands. */
  readonly moreTargets: readonly string[];
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly seed: number;
}

export const EMPTY_DRAFT: Draft = {
  name: '',
  modelId: '',
  taskType: '',
  shared: {},
  own: {},
  ligands: '',
  sequences: '',
  upload: undefined,
  rowsOf: undefined,
  moreTargets: [],
  format: undefined,
  smilesColumn: undefined,
  nameColumn: undefined,
  parameters: {},
  seed: 42,
};

const KEY = 'omtx.draft';
/** Browsers keep about 5 MB; a larger library is sent to the hub as a file, and the draft keeps its id. */
export const MOST_KEPT = 2_000_000;

export function loadDraft(): Draft {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? 'null');
    return typeof stored === 'object' && stored !== null ? { ...EMPTY_DRAFT, ...stored } : EMPTY_DRAFT;
  } catch {
    return EMPTY_DRAFT; // Blocked storage or a draft of another version.
  }
}

/** @returns false where it could not be kept and a reload would lose it */
export function keepDraft(draft: Draft): boolean {
  try {
    localStorage.setItem(KEY, JSON.stringify(draft));
    return true;
  } catch {
    return false; // Storage is full or blocked: the form holds what was typed until the tab is closed.
  }
}

/** The form as the job was submitted. Its rows as text where they are few and text holds them whole, else by the job that has them. */
export function draftOfJob(job: JobDetail, rows: readonly RowView[]): Draft {
  const base: Draft = {
    ...EMPTY_DRAFT,
    name: `${job.name} (copy)`.slice(0, 200),
    modelId: job.modelId,
    taskType: job.taskType,
    shared: job.sharedInput,
    parameters: job.parameters,
    seed: job.seed,
  };
  const { total } = job.progress;
  const lines = rows.flatMap((row) => lineOf(row) ?? []);
  if (lines.length === total) return { ...base, ligands: lines.join('\n'), format: 'smi' };
  const records = rows.flatMap((row) => fastaOf(row) ?? []);
  if (records.length === total) return { ...base, sequences: records.join('\n') };
  const [first] = rows;
  if (total === 1 && first) return { ...base, own: first.ownInput };
  return { ...base, rowsOf: { jobId: job.id, name: job.name, total } };
}

/** A SMILES line; undefined where the ligand was given with its coordinates or with more than its structure. */
function lineOf(row: RowView): string | undefined {
  const { ligand } = row.ownInput;
  if (!isObject(ligand) || Object.keys(row.ownInput).length > 1 || ligand['molblock'] !== undefined) return undefined;
  const smiles = smilesOf(row);
  return smiles === undefined || smiles === '' || /[\r\n]/.test(row.name ?? '') ? undefined : `${smiles} ${row.name ?? ''}`.trim();
}

function fastaOf({ ownInput }: RowView): string | undefined {
  const { query } = ownInput;
  const letters = textOf(ownInput['proteinSequence']) ?? (isObject(query) ? textOf(query['sequence']) : undefined);
  if (letters === undefined) return undefined;
  const name = textOf(ownInput['proteinName']) ?? (isObject(query) ? textOf(query['name']) : undefined) ?? '';
  return `>${name}\n${letters}`;
}
