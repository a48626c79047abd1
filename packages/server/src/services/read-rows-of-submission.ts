/** From what was routed to rows that can be stored: each entry or record read, checked and compared, none dropped. */
import { HubError, Library, MAX_SUBMIT_ROWS, type Manifest, type ManifestTask, type Rejection } from '@omtx/contract';
import { Value } from 'typebox/value';
import { describeErrors } from '../catalog/field-errors.ts';
import { validateOwn } from '../catalog/validate-input.ts';
import type { Chemistry, MoleculeQuery, MoleculeReading } from '../chemistry/chemistry.ts';
import { findDuplicates } from '../domain/duplicates.ts';
import { isRecord, valueAt, type FreeObject } from '../domain/free-object.ts';
import { checkLimits } from '../domain/limits.ts';
import { ownInputOfRecord, readLibrary } from '../domain/library/read-library.ts';
import { inputPointer, type Routing } from '../domain/routing.ts';
import type { NewRow } from '../storage/ingest.ts';

/** A row before its chemistry is known. */
export interface Candidate {
  readonly line: number | null;
  readonly name: string | null;
  readonly input: FreeObject;
  readonly original: Readonly<Record<string, string>> | null;
  readonly rejection: Rejection | null;
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
): Promise<readonly NewRow[]> {
  const candidates = candidatesOf(routing, task);
  if (candidates.length === 0) {
    throw new HubError('invalid_input', 'The input has no rows. Give at least one ligand.', [{ pointer: '/input', detail: 'no rows' }]);
  }
  if (candidates.length > MAX_SUBMIT_ROWS) {
    throw new HubError(
      'too_many_rows',
      `One request takes at most ${String(MAX_SUBMIT_ROWS)} rows; this has ${String(candidates.length)}. Split it.`,
    );
  }
  return checkCandidates(candidates, manifest, task, chemistry);
}

/** Reads molecules, holds the rows against the model's limits and compares them. One row per candidate, in order. */
export async function checkCandidates(
  candidates: readonly Candidate[],
  manifest: Manifest,
  task: ManifestTask,
  chemistry: Chemistry,
): Promise<readonly NewRow[]> {
  const readings = await readMolecules(candidates, task, chemistry);
  const checked = candidates.map((candidate, index) => checkMolecule(candidate, readings[index], manifest, task));
  const originals = findDuplicates(checked.map((row) => (row.rejection === null ? identityOf(row, task) : undefined)));
  return checked.map((row, index) => ({ ...row, reusedFrom: originals[index] ?? null }));
}

function candidatesOf(routing: Routing, task: ManifestTask): readonly Candidate[] {
  if (routing.kind === 'individual') {
    refuseUnfit(routing, task);
    return [candidateOf(routing.own, task)];
  }
  if (routing.source.from === 'entries') return routing.source.entries.map((own) => candidateOf(own, task));
  const { library } = routing.source;
  if (!Value.Check(Library, library)) {
    const errors = Value.Errors(Library, library).map((error) => ({
      pointer: `/input/library${error.instancePath}`,
      detail: error.message,
    }));
    throw new HubError('invalid_input', 'The library is not as the API describes it: format (csv, smi or sdf) and text.', errors);
  }
  const reading = readLibrary(library, MAX_SUBMIT_ROWS);
  if (reading.kind === 'too_many_rows') {
    throw new HubError('too_many_rows', `One request takes at most ${String(reading.maxRows)} rows; the library has more. Split it.`);
  }
  if (reading.kind === 'unusable') {
    throw new HubError('invalid_input', reading.reason, [{ pointer: `/input/library/${reading.field}`, detail: reading.reason }]);
  }
  return reading.records.map((record) => {
    const candidate = record.problem ? undefined : candidateOf(ownInputOfRecord(record), task);
    return {
      line: record.line,
      name: record.name ?? null,
      input: candidate?.input ?? ownInputOfRecord(record),
      original: record.original ?? null,
      rejection: record.problem ?? candidate?.rejection ?? null,
    };
  });
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

/** Readings by row; undefined for rows without a molecule to read. */
async function readMolecules(
  candidates: readonly Candidate[],
  { molecule }: ManifestTask,
  chemistry: Chemistry,
): Promise<readonly (MoleculeReading | undefined)[]> {
  const queries: MoleculeQuery[] = [];
  const places = candidates.map(({ input, rejection }) => {
    const value = molecule && rejection === null ? valueAt(input, molecule.pointer) : undefined;
    if (!molecule || !isRecord(value)) return undefined;
    const { smiles, molblock } = value;
    if (typeof smiles === 'string') return queries.push({ smiles, cleaning: molecule.cleaning }) - 1;
    return typeof molblock === 'string' ? queries.push({ molblock, cleaning: molecule.cleaning }) - 1 : undefined;
  });
  const readings = await chemistry.read(queries);
  return places.map((place) => (place === undefined ? undefined : readings[place]));
}

function checkMolecule(
  candidate: Candidate,
  reading: MoleculeReading | undefined,
  manifest: Manifest,
  { taskType }: ManifestTask,
): Omit<NewRow, 'reusedFrom'> {
  if (candidate.rejection) return { ...candidate, canonicalSmiles: null };
  if (reading?.kind === 'unreadable') {
    const code = hasMolblock(candidate.input) ? 'rejected_invalid_structure' : 'rejected_invalid_smiles';
    return { ...candidate, canonicalSmiles: null, rejection: { code, message: reading.reason } };
  }
  const rejection = checkLimits(manifest.id, manifest.limits, { taskType, molecule: reading, input: candidate.input });
  return { ...candidate, canonicalSmiles: reading?.canonicalSmiles ?? null, rejection: rejection ?? null };
}

/** A molblock's coordinates may count for a model, so such rows are the same only when their whole input is. */
function identityOf({ input, canonicalSmiles }: Pick<NewRow, 'input' | 'canonicalSmiles'>, { molecule }: ManifestTask): string | undefined {
  if (!molecule || canonicalSmiles === null) return undefined;
  return hasMolblock(input) ? JSON.stringify(input) : canonicalSmiles;
}

function hasMolblock(input: FreeObject): boolean {
  return isRecord(input['ligand']) && input['ligand']['molblock'] !== undefined;
}
