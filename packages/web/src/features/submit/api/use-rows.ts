/** The rows of the form, whatever they are: read, checked, counted, quoted. */
import type { Upload } from '@omtx/contract';
import { useCallback, useMemo } from 'react';
import { isObject, textOf } from '../../../lib/json-schema.ts';
import type { ModelAnswer } from '../../models/api/models.ts';
import type { Draft, DraftUpload } from '../draft.ts';
import { expectedRows, type ExpectedRows } from '../expected-rows.ts';
import type { LibraryReading } from '../library.ts';
import { checkSequence, readSequences, type CheckedSequence, type SequenceRules } from '../sequences.ts';
import { byTarget, submissionOf } from '../submission.ts';
import { missingOf, shapeOf, type TaskShape } from '../task-shape.ts';
import { useLibrary, type LibraryState } from './use-library.ts';
import { useQuote, type QuoteState } from './use-quote.ts';
import { useUpload, type UploadState } from './use-upload.ts';

export interface RowsState {
  readonly shape: TaskShape | undefined;
  readonly library: LibraryState;
  readonly upload: UploadState;
  readonly sequences: readonly CheckedSequence[];
  readonly sequenceRules: SequenceRules;
  readonly quote: QuoteState;
  readonly expected: ExpectedRows | undefined;
  /** What is still to be done before the form can be sent, in words. */
  readonly missing: readonly string[];
}

/** A larger file is not read here, only by the hub. */
const MOST_READ_BYTES = 300_000_000;

export function useRows(draft: Draft, change: (part: Partial<Draft>) => void, model: ModelAnswer | undefined): RowsState {
  const task = model?.tasks.find(({ taskType }) => taskType === draft.taskType);
  const shape = useMemo(() => shapeOf(task), [task]);
  const setUpload = useCallback(
    (upload: DraftUpload | undefined) => change({ upload, ligands: '', format: undefined, smilesColumn: undefined, nameColumn: undefined }),
    [change],
  );
  const upload = useUpload(draft.upload, setUpload);
  const library = useLibrary(useSource(draft, shape, upload), draft, model);
  const sequenceRules = useMemo(() => rulesOf(shape, model), [shape, model]);
  const sequences = useMemo(
    () => (shape?.rows === 'sequences' ? readSequences(draft.sequences).map((each) => checkSequence(each, sequenceRules)) : NO_SEQUENCES),
    [shape, draft.sequences, sequenceRules],
  );
  const missing = whatIsMissing(draft, shape, library, upload, sequences);
  const canQuote = missing.length === 0 && draft.rowsOf === undefined && !library.isReading;
  // The name does not change what a job takes, so that it is no reason to ask anew.
  const body = useMemo(() => {
    const [first] = byTarget({ ...draft, name: 'quote' });
    return canQuote && first && shape ? submissionOf(first, shape, { reading: library.library?.reading, sequences }) : undefined;
  }, [canQuote, shape, library.library, sequences, ...PARTS.map((part) => draft[part])]);
  const quote = useQuote(body);
  const expected =
    shape && expectedRows(draft, { kind: shape.rows, library: library.library, upload: upload.upload, sequences, quote: quote.quote });
  return { shape, library, upload, sequences, sequenceRules, quote, expected, missing: [...named(draft), ...missing] };
}

const NO_SEQUENCES: readonly CheckedSequence[] = [];
/** Of the draft, what a quote depends on besides its rows. */
const PARTS = [
  'modelId',
  'taskType',
  'shared',
  'own',
  'parameters',
  'seed',
  'upload',
  'smilesColumn',
  'nameColumn',
  'moreTargets',
] as const;

function useSource(draft: Draft, shape: TaskShape | undefined, { file, upload }: UploadState) {
  const head = useMemo(
    () => upload && headOf(upload, draft.smilesColumn, draft.nameColumn),
    [upload, draft.smilesColumn, draft.nameColumn],
  );
  if (shape?.rows !== 'ligands' || draft.rowsOf) return undefined;
  if (!draft.upload) return draft.ligands;
  return file && file.size <= MOST_READ_BYTES ? file : head;
}

/** What is known of a file that is with the hub and not here. */
function headOf(
  { contents, format }: Upload,
  smilesColumn: string | undefined,
  nameColumn: string | undefined,
): LibraryReading | undefined {
  if (!contents) return undefined;
  return {
    format: format === 'csv' || format === 'sdf' ? format : 'smi',
    columns: format === 'csv' ? contents.columns.map(({ name }) => name) : [],
    smilesColumn: smilesColumn ?? contents.smilesColumn ?? undefined,
    nameColumn: nameColumn ?? contents.nameColumn ?? undefined,
    total: contents.records,
    records: contents.preview.map(({ line, name, smiles }) => ({ line, name: name ?? undefined, molecule: smiles ?? '' })),
    isSample: true,
    isHead: true,
    copies: [],
    sameText: 0,
    problem: contents.unusable !== null && smilesColumn === undefined ? contents.unusable.message : undefined,
  };
}

function rulesOf(shape: TaskShape | undefined, model: ModelAnswer | undefined): SequenceRules {
  const place = shape?.sequence;
  const pointer = place && `/${place.holder === undefined ? '' : `${place.holder}/`}${place.property}`;
  const limit = model?.limits.find((each) => each.rule === 'residues' && textOf(each['pointer']) === pointer);
  const bound = (name: 'min' | 'max') => (typeof limit?.[name] === 'number' ? limit[name] : undefined);
  return { pattern: place?.pattern, minLength: bound('min') ?? place?.minLength, maxLength: bound('max') ?? place?.maxLength };
}

function named({ name }: Draft): readonly string[] {
  return name.trim() === '' ? ['Give it a name.'] : [];
}

function whatIsMissing(
  draft: Draft,
  shape: TaskShape | undefined,
  library: LibraryState,
  upload: UploadState,
  sequences: readonly CheckedSequence[],
): readonly string[] {
  if (!shape) return ['Choose a model.'];
  const target = shape.shared ? targetMissing(draft, shape) : [];
  if (draft.rowsOf) return target;
  switch (shape.rows) {
    case 'ligands':
      return [...target, ...(draft.upload ? uploadMissing(draft, upload) : libraryMissing(library))];
    case 'sequences':
      return [...target, ...sequencesMissing(sequences)];
    case 'form':
      return [...target, ...missingOf(shape.own, draft.own).map((title) => `Give "${title}".`)];
    default:
      return shape.rows satisfies never;
  }
}

/** A receptor is one of several shapes, and needs a box where it brings none. */
function targetMissing({ shared }: Draft, shape: TaskShape): readonly string[] {
  const missing = missingOf(shape.shared, shared);
  const { receptor } = shared;
  const isEmpty = isObject(receptor) && Object.entries(receptor).every(([name, value]) => name === 'chains' || value === '');
  if (missing.length > 0 || isEmpty) return ['Choose a target.'];
  const needsBox = isObject(receptor) && ('pdb' in receptor || 'pdbqt' in receptor) && asksForBox(shape) && shared['box'] === undefined;
  return needsBox ? ['Place the box.'] : [];
}

function asksForBox({ shared }: TaskShape): boolean {
  return shared !== undefined && isObject(shared['properties']) && 'box' in shared['properties'];
}

function libraryMissing({ library }: LibraryState): readonly string[] {
  if (!library || library.reading.total === 0) return ['Give at least one ligand.'];
  if (library.reading.problem !== undefined) return ['Choose the column of the SMILES.'];
  return library.rejected === library.records.length ? ['None of the ligands can be used.'] : [];
}

function uploadMissing({ smilesColumn }: Draft, { upload, error }: UploadState): readonly string[] {
  if (error !== undefined && error !== null) return ['Send the file again.'];
  if (!upload || upload.state === 'receiving' || upload.state === 'reading') return ['Wait until the file is read.'];
  if (upload.state === 'failed') return ['Choose another file.'];
  if (upload.contents?.unusable && smilesColumn === undefined) return ['Choose the column of the SMILES.'];
  return upload.contents?.records === 0 ? ['Give at least one ligand.'] : [];
}

function sequencesMissing(sequences: readonly CheckedSequence[]): readonly string[] {
  if (sequences.length === 0) return ['Give at least one sequence.'];
  return sequences.every(({ problem }) => problem !== undefined) ? ['None of the sequences can be used.'] : [];
}
