/** From the form to what is sent. Pure. */
import { TASK_TYPES, type CloneJob, type SubmitJob } from '@omtx/contract';
import { isObject } from '../../lib/json-schema.ts';
import type { Draft } from './draft.ts';
import type { LibraryReading } from './library.ts';
import type { Sequence } from './sequences.ts';
import type { SequencePlace, TaskShape } from './task-shape.ts';

export interface ReadRows {
  readonly reading: LibraryReading | undefined;
  readonly sequences: readonly Sequence[];
}

/** @returns undefined while the form has no rows */
export function submissionOf(draft: Draft, shape: TaskShape, rows: ReadRows): SubmitJob | undefined {
  const own = ownPart(draft, shape, rows);
  if (!own) return undefined;
  return {
    name: draft.name.trim() === '' ? 'unnamed' : draft.name.trim(),
    taskType: draft.taskType,
    modelId: draft.modelId,
    input: { ...draft.shared, ...own },
    ...(Object.keys(draft.parameters).length === 0 ? {} : { parameters: draft.parameters }),
    seed: draft.seed,
  };
}

/** The draft once for each of its targets; a job says in its name which it is. */
export function byTarget(draft: Draft): readonly Draft[] {
  if (draft.moreTargets.length === 0) return [draft];
  const first = isObject(draft.shared['receptor']) ? String(draft.shared['receptor']['dockstring']) : '';
  return [first, ...draft.moreTargets].map((target) => ({
    ...draft,
    name: `${draft.name.trim().slice(0, 180)}, ${target}`,
    shared: { ...draft.shared, receptor: { dockstring: target } },
  }));
}

/** The same where the rows are those of an earlier job: the hub copies them. */
export function cloneOf(draft: Draft): NonNullable<CloneJob> {
  return {
    name: draft.name.trim(),
    modelId: draft.modelId,
    input: { ...draft.shared },
    parameters: { ...draft.parameters },
    seed: draft.seed,
  };
}

function ownPart(draft: Draft, { rows, sequence }: TaskShape, { reading, sequences }: ReadRows): Record<string, unknown> | undefined {
  switch (rows) {
    case 'ligands':
      return draft.upload ? { library: { uploadId: draft.upload.id, ...columnsOf(draft) } } : reading && ligandsOf(draft, reading);
    case 'sequences':
      return sequence && sequencesOf(sequences, sequence, draft.taskType);
    case 'form':
      return draft.own;
    default:
      return rows satisfies never;
  }
}

function columnsOf({ smilesColumn, nameColumn }: Pick<LibraryReading, 'smilesColumn' | 'nameColumn'>) {
  return { ...(smilesColumn === undefined ? {} : { smilesColumn }), ...(nameColumn === undefined ? {} : { nameColumn }) };
}

/** One ligand is one job, several are a library. */
function ligandsOf(draft: Draft, reading: LibraryReading): Record<string, unknown> | undefined {
  if (reading.total === 0) return undefined;
  const first = reading.total === 1 && reading.format !== 'sdf' ? reading.records[0] : undefined;
  if (first) return { ligand: { smiles: first.molecule, ...(first.name === undefined ? {} : { name: first.name }) } };
  return { library: { format: reading.format, text: draft.ligands, ...columnsOf(reading) } };
}

/** Several chains of a task that is of one chain are FASTA, so that rows keep names and lines; others are entries of the task's own array. */
function sequencesOf(sequences: readonly Sequence[], place: SequencePlace, taskType: string): Record<string, unknown> | undefined {
  const [first] = sequences;
  if (!first) return undefined;
  if (sequences.length === 1) return ownInputOf(first, place);
  const isSingleChain = TASK_TYPES.find(({ id }) => id === taskType)?.isSingleChain === true;
  if (isSingleChain) return { library: { format: 'fasta', text: fastaOf(sequences) } };
  const entries = sequences.map((sequence) => (place.holder === undefined ? sequence.letters : ownInputOf(sequence, place)));
  return { [place.arrayName]: entries };
}

function ownInputOf({ letters, name }: Sequence, { holder, property }: SequencePlace): Record<string, unknown> {
  return holder === undefined ? { [property]: letters } : { [holder]: { ...(name === undefined ? {} : { name }), [property]: letters } };
}

function fastaOf(sequences: readonly Sequence[]): string {
  return sequences.map(({ name, letters }) => `>${name ?? ''}\n${letters}\n`).join('');
}
