/** A record of the first OMTX-Hub, in any of its shapes, as one form. Pure. */
import { findTaskType, type JobStatus, type JobType } from '@omtx/contract';
import { isRecord, type FreeObject } from '../free-object.ts';
import { indexIn, jobTypeOf, listIn, objectIn, statusOf, textIn, timeOf } from './record-fields.ts';

export interface LegacyJob {
  /** As the old store had it, without its `gcp_`; undefined where the record names none. */
  readonly id: string | undefined;
  readonly name: string;
  readonly jobType: JobType;
  readonly taskType: string;
  readonly modelId: string;
  readonly status: JobStatus;
  /** The batch ended with rows that did not succeed. */
  readonly isPartial: boolean;
  readonly createdAt: Date;
  readonly startedAt: Date | undefined;
  readonly completedAt: Date | undefined;
  /** Flat, in the old names. */
  readonly input: FreeObject;
  readonly output: FreeObject | undefined;
  readonly errorMessage: string | undefined;
  readonly userId: string;
  readonly parentId: string | undefined;
  /** 0-based. */
  readonly batchIndex: number | undefined;
  readonly childIds: readonly string[];
  /** Records of children that stand inside the one of the parent. */
  readonly children: readonly FreeObject[];
  /** What was guessed. */
  readonly notes: readonly string[];
}

const BATCH_TASKS = [
  'batch_protein_ligand_screening',
  'batch_antibody_optimization',
  'batch_variant_analysis',
  'batch_drug_discovery',
  'batch_structure_prediction',
];
/** Stored in the place of a task type and none: names of models and of stages. */
const NO_TASKS = ['boltz2', 'chai1', 'rfantibody', 'unknown', 'batch', 'structure_prediction', 'antibody_design'];
const CHILD_LISTS = ['batch_child_ids', 'child_ids', 'child_job_ids', 'individual_job_ids'];
const DEFAULT_TASK = 'protein_ligand_binding';
const DEFAULT_MODEL = 'boltz2';
const ANTIBODY_TASKS = ['nanobody_design', 'cdr_optimization', 'epitope_targeted_design', 'antibody_de_novo_design'];
/** What the old router noted of itself; an output of nothing else is none. */
const BOOKKEEPING = ['modal_call_id', 'call_id', 'status', 'message', 'batch_child_ids', 'job_id', 'task_type'];

/** @param now the time of a record that tells none */
export function fromLegacyRecord(record: FreeObject, now: Date): LegacyJob {
  const notes: string[] = [];
  const input = flatInput(record);
  const output = outputOf(record);
  const taskType = taskTypeOf(record, input, notes);
  const childIds = childIdsOf(record, output);
  const id = textIn(record, 'id', 'job_id')?.replace(/^gcp_/, '');
  const parent = textIn(record, 'batch_parent_id') ?? textIn(input, 'parent_batch_id') ?? textIn(record, 'parent_batch_id', 'batch_id');
  const parentId = parent === id ? undefined : parent;
  const batchIndex = indexIn(record, 'batch_index') ?? indexIn(input, 'batch_index');
  const createdAt = timeIn(record, 'created_at', 'submitted', 'saved_at', 'stored_at');
  if (createdAt === undefined) notes.push('no readable time of creation: the time of the import stands for it');
  const named = textIn(record, 'status')?.toLowerCase();
  const status = statusOf(named) ?? (output === undefined ? 'pending' : 'completed');
  if (named !== undefined && statusOf(named) === undefined) notes.push(`status "${named}" says nothing: taken as ${status}`);
  return {
    id,
    name: nameOf(record, input, id),
    jobType: jobTypeFor(record, { taskType, parentId, batchIndex, childIds }),
    taskType,
    modelId: textIn(record, 'model_name', 'model', 'model_id')?.toLowerCase() ?? modelFor(taskType),
    status,
    isPartial: named === 'partially_completed',
    createdAt: createdAt ?? now,
    startedAt: timeIn(record, 'started_at', 'started'),
    completedAt: timeIn(record, 'completed_at', 'completed', 'updated_at'),
    input: withLigandInfo(record, input),
    output,
    errorMessage: textIn(record, 'error_message', 'error') ?? textIn(output ?? {}, 'error_message', 'error'),
    userId: textIn(record, 'user_id') ?? 'current_user',
    parentId,
    batchIndex,
    childIds,
    children: listIn(record, 'individual_jobs').filter(isRecord),
    notes,
  };
}

function timeIn(record: FreeObject, ...names: readonly string[]): Date | undefined {
  for (const name of names) {
    const time = timeOf(record[name]);
    if (time) return time;
  }
  return undefined;
}

function nameOf(record: FreeObject, input: FreeObject, id: string | undefined): string {
  const name = textIn(record, 'name', 'job_name', 'batch_name') ?? textIn(input, 'job_name') ?? `Job_${(id ?? 'unnamed').slice(0, 8)}`;
  return name.slice(0, 200);
}

/** `input_data` may hold another one, and that a list of sequences. */
function flatInput(record: FreeObject): FreeObject {
  const outer = objectIn(record, 'input_data', 'inputs', 'parameters') ?? {};
  const { input_data: nested, inputs, ...others } = outer;
  const inner = isRecord(nested) ? nested : isRecord(inputs) ? inputs : {};
  const { sequences, ...fields } = { ...others, ...inner };
  return { ...fields, ...(sequences === undefined ? {} : fromSequences(sequences)) };
}

/** One protein and one ligand are the fields that they stand for; anything else stays a list. */
function fromSequences(sequences: unknown): FreeObject {
  const entries = Array.isArray(sequences) ? sequences.filter(isRecord) : [];
  const proteins = entries.flatMap(({ protein }) => (isRecord(protein) ? [protein] : []));
  const ligands = entries.flatMap(({ ligand }) => (isRecord(ligand) ? [ligand] : []));
  const [protein, ligand] = [proteins[0], ligands[0]];
  if (proteins.length > 1 || ligands.length > 1 || proteins.length + ligands.length < entries.length) return { sequences };
  return {
    ...(protein && { protein_sequence: protein['sequence'], ...(protein['id'] === undefined ? {} : { protein_name: protein['id'] }) }),
    ...(ligand && { ligand_smiles: ligand['smiles'], ...(ligand['id'] === undefined ? {} : { ligand_name: ligand['id'] }) }),
  };
}

function withLigandInfo(record: FreeObject, input: FreeObject): FreeObject {
  const info = objectIn(record, 'ligand_info');
  if (!info) return input;
  const [smiles, name] = [textIn(info, 'smiles'), textIn(info, 'name', 'id')];
  return { ...(smiles === undefined ? {} : { ligand_smiles: smiles }), ...(name === undefined ? {} : { ligand_name: name }), ...input };
}

function outputOf(record: FreeObject): FreeObject | undefined {
  const output = objectIn(record, 'output_data', 'results', 'result_data', 'result', 'output');
  if (!output) return undefined;
  return Object.keys(output).every((key) => BOOKKEEPING.includes(key)) ? undefined : output;
}

function taskTypeOf(record: FreeObject, input: FreeObject, notes: string[]): string {
  const isTask = (text: string | undefined): text is string => text !== undefined && !NO_TASKS.includes(text);
  const given = [textIn(record, 'task_type'), textIn(record, 'type'), textIn(input, 'task_type')]
    .map((text) => text?.toLowerCase())
    .find(isTask);
  if (given !== undefined && (findTaskType(given) !== undefined || BATCH_TASKS.includes(given))) return given;
  const guessed = guessTask(input);
  notes.push(given === undefined ? `no task type: taken as ${guessed}` : `task type "${given}" is none of the hub's: taken as ${guessed}`);
  return guessed;
}

function guessTask(input: FreeObject): string {
  const has = (name: string): boolean => input[name] !== undefined;
  if (has('chain_a') && has('chain_b')) return 'protein_complex';
  if (has('ligand_smiles') || has('ligands')) return DEFAULT_TASK;
  if (has('variants')) return 'variant_comparison';
  if (has('compound_library')) return 'drug_discovery';
  if (has('pocket_constraints')) return 'binding_site_prediction';
  return has('protein_sequence') ? 'protein_structure' : DEFAULT_TASK;
}

function modelFor(taskType: string): string {
  return ANTIBODY_TASKS.includes(taskType) ? 'rfantibody' : DEFAULT_MODEL;
}

function childIdsOf(record: FreeObject, output: FreeObject | undefined): readonly string[] {
  const inOutput = listIn(output ?? objectIn(record, 'output_data', 'results') ?? {}, 'batch_child_ids');
  const lists = [listIn(record, 'batch_child_ids'), inOutput, ...CHILD_LISTS.slice(1).map((name) => listIn(record, name))];
  const inline = listIn(record, 'individual_jobs').flatMap((each) => (isRecord(each) ? (textIn(each, 'job_id', 'id') ?? []) : []));
  return (lists.find((list) => list.length > 0) ?? inline).flatMap((each) => (typeof each === 'string' ? [each.replace(/^gcp_/, '')] : []));
}

interface Found {
  readonly taskType: string;
  readonly parentId: string | undefined;
  readonly batchIndex: number | undefined;
  readonly childIds: readonly string[];
}

/** The task of a batch makes one, whatever the record says; a parent makes a child. */
function jobTypeFor(record: FreeObject, { taskType, parentId, batchIndex, childIds }: Found): JobType {
  const told = jobTypeOf(record['job_type']);
  if (told === 'batch_child') return told;
  if (taskType === BATCH_TASKS[0] && parentId === undefined) return 'batch_parent';
  if (told !== undefined && !(told === 'individual' && parentId !== undefined)) return told;
  if (parentId !== undefined || batchIndex !== undefined || record['is_batch_child'] === true) return 'batch_child';
  const info = objectIn(record, 'batch_info') ?? {};
  const isParent =
    BATCH_TASKS.includes(taskType) ||
    textIn(record, 'bucket_path')?.startsWith('batches/') === true ||
    [record['is_batch_job'], record['is_batch_parent'], info['is_batch']].includes(true) ||
    childIds.length > 0 ||
    [record['total_children'], info['total_ligands']].some((count) => typeof count === 'number' && count > 0);
  return isParent ? 'batch_parent' : 'individual';
}
