/**
 * One router for every submit route: decides from the content whether a submission is one job or a batch, and takes it apart.
 * Pure; the rules are tried in order and the answer names the one that fired:
 *
 * 1. `explicit_batch_task`  the task is a batch by itself, whatever the number of rows
 * 2. `multiple_ligands`     a ligand array of the task holds more than one entry
 * 3. `multiple_sequences`   a single-chain task got more than one plain sequence (a list of proteins and ligands is one complex)
 * 4. `library`              a library (CSV, SMI, SDF, JSON lines; FASTA for a task of one chain), whatever its number of records
 * 5. `single`               everything else; an array of one entry too
 */
import { findTaskType, LIGAND_ARRAYS, type ManifestTask, type RoutingRule } from '@omtx/contract';
import { isRecord, valueAt, type FreeObject } from './free-object.ts';
import { ligandOf } from './ligand.ts';

export interface Submission {
  readonly taskType: string;
  readonly input: FreeObject;
  /** The model's own description of the task; without it only the hub's table of task types decides. */
  readonly task?: ManifestTask;
}

/** Where the rows of a batch come from. */
export type RowSource =
  /** One own input per row, not validated yet. `arrayName` is the input's array that held them; undefined where the input itself was the one row. */
  | { readonly from: 'entries'; readonly arrayName: string | undefined; readonly entries: readonly FreeObject[] }
  /** `input.library`, not validated yet. */
  | { readonly from: 'library'; readonly library: unknown };

export type Routing =
  | {
      readonly kind: 'individual';
      readonly routedBy: RoutingRule;
      readonly shared: FreeObject;
      readonly arrayName: string | undefined;
      readonly own: FreeObject;
    }
  | { readonly kind: 'batch'; readonly routedBy: RoutingRule; readonly shared: FreeObject; readonly source: RowSource };

/** An array of the input whose entries are rows. */
interface RowArray {
  readonly name: string;
  readonly holds: 'ligands' | 'sequences' | 'own_inputs';
  readonly entries: readonly unknown[];
}

/**
 * Routes a submission; never throws for bad input, which is the validator's to refuse: what no rule claims stays in `shared`.
 * @returns own inputs in the order given, a ligand normalised to `{ name?, smiles?, molblock? }`
 */
export function routeSubmission({ taskType, input, task }: Submission): Routing {
  const arrays = findRowArrays(taskType, input, task);
  const several = arrays.find((array) => array.entries.length > 1);
  if (findTaskType(taskType)?.isBatchTask) return batch('explicit_batch_task', input, task, several ?? arrays[0]);
  if (several) return batch(several.holds === 'sequences' ? 'multiple_sequences' : 'multiple_ligands', input, task, several);
  if (input['library'] !== undefined && takesLibrary(taskType, input['library'], task)) return batch('library', input, task, undefined);
  return individual('single', input, task, arrays.find((array) => array.entries.length === 1) ?? arrays[0]);
}

/**
 * The plain path for a router that failed by a fault, so that the job is still accepted: an array of several ligands (or of chains, where
 * the task is of one chain) or a library is a batch, all else one job. Shares none of the rules' code.
 */
export function routePlainly({ taskType, input, task }: Submission): Routing {
  const routedBy = 'fallback_plain';
  const names = findTaskType(taskType)?.isSingleChain === true ? ['sequences'] : LIGAND_ARRAYS;
  const name = names.find((each) => Array.isArray(input[each]) && input[each].length > 1);
  const listed = name === undefined ? undefined : input[name];
  if (name !== undefined && Array.isArray(listed)) {
    const entries = listed.map((entry: unknown) => (name === 'sequences' ? { proteinSequence: entry } : { ligand: ligandOf(entry) }));
    return { kind: 'batch', routedBy, shared: without(input, name), source: { from: 'entries', arrayName: name, entries } };
  }
  if (input['library'] === undefined) return individual(routedBy, input, task, undefined);
  return { kind: 'batch', routedBy, shared: without(input, 'library'), source: { from: 'library', library: input['library'] } };
}

/**
 * JSON pointer into the submitted `input` of a place in a row's own input.
 * @param ownPointer pointer into the own input, such as `/ligand/smiles`
 */
export function inputPointer(arrayName: string | undefined, index: number, ownPointer: string): string {
  if (arrayName === undefined) return ownPointer;
  return `/${arrayName}/${String(index)}${ownPointer.replace(/^\/(ligand|proteinSequence)(?=\/|$)/, '')}`;
}

function individual(routedBy: RoutingRule, input: FreeObject, task: ManifestTask | undefined, array: RowArray | undefined): Routing {
  const { own, shared } = takeApart(array ? without(input, array.name) : input, task);
  const entry = array?.entries[0];
  if (array === undefined || entry === undefined) return { kind: 'individual', routedBy, shared, arrayName: array?.name, own };
  // Own input beside the array (`ligand` and `ligands` at once) is left in `shared`, where the schema refuses it.
  return { kind: 'individual', routedBy, shared: without(input, array.name), arrayName: array.name, own: ownInputOf(array, entry) };
}

function batch(routedBy: RoutingRule, input: FreeObject, task: ManifestTask | undefined, array: RowArray | undefined): Routing {
  if (array) {
    const source: RowSource = { from: 'entries', arrayName: array.name, entries: array.entries.map((entry) => ownInputOf(array, entry)) };
    return { kind: 'batch', routedBy, shared: without(input, array.name), source };
  }
  if (input['library'] !== undefined) {
    return { kind: 'batch', routedBy, shared: without(input, 'library'), source: { from: 'library', library: input['library'] } };
  }
  const { own, shared } = takeApart(input, task);
  const entries = Object.keys(own).length > 0 ? [own] : [];
  return { kind: 'batch', routedBy, shared, source: { from: 'entries', arrayName: undefined, entries } };
}

/** Arrays of the input that the task, or the model's description of it, splits into rows; in the order of their names. */
function findRowArrays(taskType: string, input: FreeObject, task: ManifestTask | undefined): readonly RowArray[] {
  const known = findTaskType(taskType);
  const names = new Set([...(known?.rowsFrom ?? []), ...(task?.rowsFrom ?? [])]);
  const arrays: RowArray[] = [];
  for (const name of names) {
    const entries = input[name];
    if (!Array.isArray(entries)) continue;
    const holds = name === 'sequences' ? 'sequences' : holdsLigands(name, known?.rowsFrom ?? [], task) ? 'ligands' : 'own_inputs';
    if (holds !== 'sequences' || entries.every(isPlainSequence)) arrays.push({ name, holds, entries });
  }
  return arrays;
}

function holdsLigands(name: string, ligandArrays: readonly string[], task: ManifestTask | undefined): boolean {
  return ligandArrays.includes(name) || name === 'ligands' || task?.molecule?.pointer.startsWith('/ligand') === true;
}

/** A library of sequences is one of rows for a task of one chain, any other one for a task that takes ligands. */
function takesLibrary(taskType: string, library: unknown, task: ManifestTask | undefined): boolean {
  if (isRecord(library) && library['format'] === 'fasta') return findTaskType(taskType)?.isSingleChain === true;
  return takesLigands(taskType, task);
}

function takesLigands(taskType: string, task: ManifestTask | undefined): boolean {
  return [...(findTaskType(taskType)?.rowsFrom ?? []), ...(task?.rowsFrom ?? [])].includes('ligands');
}

/** Letters of one chain; white space and gaps of a pasted block are let through, headers, chain separators and objects are not. */
function isPlainSequence(entry: unknown): boolean {
  return typeof entry === 'string' && /^[A-Za-z*\-\s]*[A-Za-z][A-Za-z*\-\s]*$/.test(entry);
}

function ownInputOf(array: RowArray, entry: unknown): FreeObject {
  switch (array.holds) {
    case 'sequences':
      return { proteinSequence: entry };
    case 'ligands':
      // An entry that is a whole own input already, with fields beside its ligand, is taken as it is.
      return isRecord(entry) && entry['ligand'] !== undefined
        ? { ...entry, ligand: ligandOf(entry['ligand']) }
        : { ligand: ligandOf(entry) };
    case 'own_inputs':
      return isRecord(entry) ? entry : { value: entry };
    default:
      return array.holds satisfies never;
  }
}

/** Splits an input by the names that the task's own schema describes. Without a description only `ligand` is own. */
function takeApart(input: FreeObject, task: ManifestTask | undefined): { readonly own: FreeObject; readonly shared: FreeObject } {
  const properties = valueAt(task?.own, '/properties');
  const ownNames = new Set(isRecord(properties) ? Object.keys(properties) : ['ligand']);
  const entries = Object.entries(input);
  const own = Object.fromEntries(entries.filter(([name]) => ownNames.has(name)));
  const shared = Object.fromEntries(entries.filter(([name]) => !ownNames.has(name)));
  return { own: own['ligand'] === undefined ? own : { ...own, ligand: ligandOf(own['ligand']) }, shared };
}

function without(input: FreeObject, name: string): FreeObject {
  return Object.fromEntries(Object.entries(input).filter(([key]) => key !== name));
}
