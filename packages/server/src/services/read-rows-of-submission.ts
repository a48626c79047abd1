/** From what was routed to rows that can be stored: each entry or record read, checked and compared, none dropped. */
import {
  AnyLibrary,
  HubError,
  Library,
  MAX_SUBMIT_ROWS,
  UploadedLibrary,
  type Manifest,
  type ManifestTask,
  type Rejection,
} from '@omtx/contract';
import type { Static } from 'typebox';
import { Value } from 'typebox/value';
import { describeErrors } from '../catalog/field-errors.ts';
import { validateOwn } from '../catalog/validate-input.ts';
import type { Chemistry } from '../chemistry/chemistry.ts';
import { findDuplicates } from '../domain/duplicates.ts';
import { isRecord, valueAt, type FreeObject } from '../domain/free-object.ts';
import { ownInputOfRecord, readLibrary } from '../domain/library/read-library.ts';
import type { LibraryRecord } from '../domain/library/record.ts';
import { UnusableLibrary } from '../domain/library/unusable-library.ts';
import { inputPointer, type Routing } from '../domain/routing.ts';
import type { NewRow } from '../storage/ingest.ts';
import { checkMolecules } from './check-molecules.ts';
import type { OpenedUpload } from './uploads/read-uploads.ts';

/** A row before its chemistry is known. */
export interface Candidate {
  readonly line: number | null;
  readonly name: string | null;
  readonly input: FreeObject;
  readonly original: Readonly<Record<string, string>> | null;
  readonly rejection: Rejection | null;
}

/** Up to so many rows the chemistry is checked before the answer, which takes a second or two; beyond it rows are stored first. */
const CHECKED_FIRST_ROWS = 5_000;

export interface ReadRows {
  /** False for a large submission: chemistry and repeats are found when its rows are stored. */
  readonly isChecked: boolean;
  /** None where they are streamed. */
  readonly rows: readonly NewRow[];
  /** A large library that was sent: its rows are read from the file while they are stored. */
  readonly streamed?: StreamedRows;
}

export interface StreamedRows {
  readonly upload: OpenedUpload;
  /** From the start of the file, as often as it is asked. @throws HubError where the library as a whole cannot be read */
  read(): AsyncGenerator<readonly Candidate[]>;
}

/**
 * One row per entry or data record, in input order. A row that cannot run carries its rejection.
 * @throws HubError where there are no rows, too many, or the library as a whole cannot be read
 */
export async function readRowsOfSubmission(
  routing: Routing,
  manifest: Manifest,
  task: ManifestTask,
  chemistry: Chemistry,
  upload?: OpenedUpload,
): Promise<ReadRows> {
  if (upload && upload.records > CHECKED_FIRST_ROWS)
    return { isChecked: false, rows: [], streamed: { upload, read: () => candidatesIn(upload, task) } };
  const candidates = upload ? await allOf(candidatesIn(upload, task)) : candidatesOf(routing, task);
  if (candidates.length === 0) {
    throw new HubError('invalid_input', 'The input has no rows. Give at least one ligand.', [{ pointer: '/input', detail: 'no rows' }]);
  }
  if (candidates.length > MAX_SUBMIT_ROWS) {
    throw new HubError(
      'too_many_rows',
      `One request takes at most ${String(MAX_SUBMIT_ROWS)} rows; this has ${String(candidates.length)}. Split it.`,
    );
  }
  if (candidates.length > CHECKED_FIRST_ROWS)
    return { isChecked: false, rows: candidates.map((candidate) => ({ ...candidate, canonicalSmiles: null, reusedFrom: null })) };
  return { isChecked: true, rows: await checkCandidates(candidates, manifest, task, chemistry) };
}

/** Reads molecules, holds the rows against the model's limits and compares them. One row per candidate, in order. */
export async function checkCandidates(
  candidates: readonly Candidate[],
  manifest: Manifest,
  task: ManifestTask,
  chemistry: Chemistry,
): Promise<readonly NewRow[]> {
  const inputs = candidates.map((candidate) => (candidate.rejection === null ? candidate.input : undefined));
  const molecules = await checkMolecules(inputs, manifest, task, chemistry, 'answer');
  const originals = findDuplicates(molecules.map(({ identity }) => identity));
  return candidates.map((candidate, index) => {
    const { canonicalSmiles, rejection } = molecules[index] ?? { canonicalSmiles: null, rejection: null };
    return { ...candidate, canonicalSmiles, rejection: candidate.rejection ?? rejection, reusedFrom: originals[index] ?? null };
  });
}

function candidatesOf(routing: Routing, task: ManifestTask): readonly Candidate[] {
  if (routing.kind === 'individual') {
    refuseUnfit(routing, task);
    return [candidateOf(routing.own, task)];
  }
  if (routing.source.from === 'entries') return routing.source.entries.map((own) => candidateOf(own, task));
  const { library } = routing.source;
  const text = checkLibrary(library);
  if ('uploadId' in text) throw new Error('unreachable: an upload is read from its file');
  return recordsOf(text).map((record) => candidateOfRecord(record, task));
}

/** @throws HubError invalid_input */
export function checkLibrary(library: unknown): Static<typeof AnyLibrary> {
  if (isRecord(library) && library['text'] === '')
    throw new HubError('invalid_input', 'The library is empty. Give at least one record.', [
      { pointer: '/input/library/text', detail: 'is empty' },
    ]);
  if (Value.Check(AnyLibrary, library)) return library;
  const schema = isRecord(library) && library['uploadId'] !== undefined ? UploadedLibrary : Library;
  const errors = Value.Errors(schema, library).map((error) => ({
    pointer: `/input/library${error.instancePath}`,
    detail: error.message,
  }));
  throw new HubError(
    'invalid_input',
    'The library is not as the API describes it: format (csv, smi, sdf, ndjson or fasta) and text, or uploadId.',
    errors,
  );
}

async function allOf(pieces: AsyncIterable<readonly Candidate[]>): Promise<readonly Candidate[]> {
  const all: Candidate[] = [];
  for await (const piece of pieces) all.push(...piece);
  return all;
}

async function* candidatesIn(upload: OpenedUpload, task: ManifestTask): AsyncGenerator<readonly Candidate[]> {
  let total = 0;
  try {
    for await (const records of upload.read()) {
      total += records.length;
      if (total > MAX_SUBMIT_ROWS) throw tooMany();
      yield records.map((record) => candidateOfRecord(record, task));
    }
  } catch (error) {
    throw error instanceof UnusableLibrary ? unusable(error, `In "${upload.fileName}": `) : error;
  }
}

function candidateOfRecord(record: LibraryRecord, task: ManifestTask): Candidate {
  const candidate = record.problem ? undefined : candidateOf(ownInputOfRecord(record), task);
  return {
    line: record.line,
    name: record.name ?? null,
    input: candidate?.input ?? ownInputOfRecord(record),
    original: record.original ?? null,
    rejection: record.problem ?? candidate?.rejection ?? null,
  };
}

function recordsOf(library: Library): readonly LibraryRecord[] {
  const records: LibraryRecord[] = [];
  try {
    for (const record of readLibrary(library.format, library, library.text)) {
      if (records.length === MAX_SUBMIT_ROWS) throw tooMany();
      records.push(record);
    }
    return records;
  } catch (error) {
    throw error instanceof UnusableLibrary ? unusable(error, '') : error;
  }
}

function tooMany(): HubError {
  return new HubError('too_many_rows', `One request takes at most ${String(MAX_SUBMIT_ROWS)} rows; the library has more. Split it.`);
}

function unusable(error: UnusableLibrary, where: string): HubError {
  const errors = [{ pointer: `/input/library/${error.field}`, detail: error.message }];
  return new HubError('invalid_input', `${where}${error.message}`, errors, { cause: error });
}

/** A job of one row has no neighbours that could go on without it: a field that is unknown, missing or of another type is the caller's to mend. */
function refuseUnfit({ arrayName, own }: Extract<Routing, { kind: 'individual' }>, task: ManifestTask): void {
  const validation = validateOwn(task, own);
  if (validation.kind === 'valid') return;
  const errors = validation.errors.map(({ pointer, detail }) => ({ pointer: `/input${inputPointer(arrayName, 0, pointer)}`, detail }));
  throw new HubError('invalid_input', describeErrors(errors, '/input'), errors);
}

/** Own input against the schema of the task; what does not fit carries its rejection. */
export function candidateOf(own: FreeObject, task: ManifestTask): Candidate {
  const molecule = task.molecule && valueAt(own, task.molecule.pointer);
  const name = isRecord(molecule) && typeof molecule['name'] === 'string' ? molecule['name'] : null;
  const base = { line: null, name, original: null };
  if (task.molecule && isRecord(molecule) && molecule['smiles'] === undefined && molecule['molblock'] === undefined) {
    return { ...base, input: own, rejection: { code: 'rejected_empty', message: 'The row has neither a SMILES nor a molblock.' } };
  }
  const validation = validateOwn(task, own);
  if (validation.kind === 'valid') return { ...base, input: validation.value, rejection: null };
  return { ...base, input: own, rejection: { code: 'rejected_invalid_input', message: describeErrors(validation.errors, 'the row') } };
}
