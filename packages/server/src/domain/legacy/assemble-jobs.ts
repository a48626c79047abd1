/** Old records put together as jobs of the hub: a batch is its parent with all its children as rows, wherever in the file they stand. Pure. */
import type { Failure } from '@omtx/contract';
import { isRecord, type FreeObject } from '../free-object.ts';
import { hubMetrics } from './hub-metrics.ts';
import { fromLegacyRecord, type LegacyJob } from './legacy-record.ts';
import { toCamel } from './names.ts';
import { listIn, textIn } from './record-fields.ts';

export interface LegacyRow {
  /** Of the child in the old store; null where there was no record of it. */
  readonly legacyId: string | null;
  readonly name: string | null;
  readonly own: FreeObject;
  readonly outcome:
    | {
        readonly kind: 'completed';
        readonly metrics: Readonly<Record<string, number>>;
        readonly tables: Readonly<Record<string, readonly FreeObject[]>>;
        /** mmCIF. */
        readonly structure: string | undefined;
      }
    | { readonly kind: 'failed'; readonly failure: Failure }
    | { readonly kind: 'cancelled' };
  readonly startedAt: Date;
  readonly finishedAt: Date;
}

export interface AssembledJob {
  readonly legacy: LegacyJob;
  readonly legacyId: string;
  readonly jobType: 'individual' | 'batch_parent';
  readonly shared: FreeObject;
  readonly rows: readonly LegacyRow[];
  /** Places of the records that it was made of, the first one that of the job itself. */
  readonly places: readonly number[];
  readonly notes: readonly string[];
}

export interface RefusedRecord {
  readonly place: number;
  readonly id: string | undefined;
  readonly reason: string;
}

export interface Assembled {
  readonly jobs: readonly AssembledJob[];
  readonly refused: readonly RefusedRecord[];
}

interface Placed {
  readonly place: number;
  readonly job: LegacyJob;
}

/** Rows that a batch may have. */
const MAX_ROWS = 1_000_000;
/** Fields of a child that are its own; the others are shared with its siblings. */
const OWN = ['ligand_smiles', 'ligand_name', 'ligand_id', 'parent_batch_id', 'batch_index', 'batch_metadata', 'job_name', 'task_type'];
const ROW_LISTS = ['ligands', 'compounds', 'smiles_list', 'ligand_list'];

export function assembleLegacyJobs(records: readonly unknown[], now: Date): Assembled {
  const refused: RefusedRecord[] = [];
  const placed = new Map<string, Placed>();
  for (const [place, record] of records.entries()) {
    if (!isRecord(record)) refused.push({ place, id: undefined, reason: 'it is no object' });
    else keep(placed, refused, { place, job: fromLegacyRecord(record, now) });
  }
  const childrenOf = new Map<string, Placed[]>();
  for (const each of placed.values()) {
    const { parentId } = each.job;
    if (each.job.jobType === 'batch_child' && parentId !== undefined && placed.get(parentId)?.job.jobType === 'batch_parent')
      childrenOf.set(parentId, [...(childrenOf.get(parentId) ?? []), each]);
  }
  const taken = new Set([...childrenOf.values()].flat().map(({ place }) => place));
  const jobs = [...placed.values()].flatMap((each): AssembledJob[] => {
    if (taken.has(each.place)) return [];
    if (each.job.jobType !== 'batch_parent') return [individual(each)];
    const batch = assembleBatch(each, childrenOf.get(each.job.id ?? '') ?? [], now);
    if (batch.rows.length > 0 && batch.rows.length <= MAX_ROWS) return [batch];
    refused.push({
      place: each.place,
      id: each.job.id,
      reason: batch.rows.length === 0 ? 'a batch without a child or a ligand' : 'too many rows',
    });
    return [];
  });
  return { jobs, refused };
}

/** The same record may have been exported twice; the later change of it counts. */
function keep(placed: Map<string, Placed>, refused: RefusedRecord[], next: Placed): void {
  const { id } = next.job;
  if (id === undefined) {
    refused.push({ place: next.place, id, reason: 'it has no id, so a second import could not know it' });
    return;
  }
  const before = placed.get(id);
  const older = before && (before.job.completedAt ?? before.job.createdAt) > (next.job.completedAt ?? next.job.createdAt) ? next : before;
  if (older) refused.push({ place: older.place, id, reason: 'another record of this id is newer, or follows it' });
  if (older !== next) placed.set(id, next);
}

function individual({ place, job }: Placed): AssembledJob {
  const { ligand, shared } = splitInput(job.input);
  const notes =
    job.jobType === 'batch_child'
      ? [...job.notes, `a child of batch ${job.parentId ?? 'unknown'}, of which there is no record`]
      : job.notes;
  return {
    legacy: job,
    legacyId: job.id ?? '',
    jobType: 'individual',
    shared,
    rows: [rowOf(job, ligand)],
    places: [place],
    notes: [...notes, ...unfinished([job])],
  };
}

function assembleBatch({ place, job }: Placed, records: readonly Placed[], now: Date): AssembledJob {
  const inline = job.children
    .map((record) => ({
      place,
      job: fromLegacyRecord({ created_at: job.createdAt.toISOString(), ...record, batch_parent_id: job.id }, now),
    }))
    .filter(({ job: { id } }) => !records.some((each) => each.job.id === id));
  const children = [...records, ...inline];
  const byIndex = placeChildren(job, children);
  const ligands = ROW_LISTS.map((name) => listIn(job.input, name)).find((list) => list.length > 0) ?? [];
  const total = Math.max(ligands.length, job.childIds.length, ...[...byIndex.keys()].map((index) => index + 1));
  const first = children[0]?.job.input ?? {};
  const sharedOfChildren = Object.fromEntries(Object.entries(first).filter(([name]) => !OWN.includes(name)));
  const { shared } = splitInput({
    ...sharedOfChildren,
    ...Object.fromEntries(Object.entries(job.input).filter(([name]) => !ROW_LISTS.includes(name))),
  });
  const rows = Array.from({ length: Math.min(total, MAX_ROWS + 1) }, (_, index): LegacyRow => {
    const child = byIndex.get(index);
    const ligand = ligandOf(ligands[index]);
    return child ? rowOf(child.job, { ...ligand, ...splitInput(child.job.input).ligand }) : missingRow(job, ligand);
  });
  const missing = rows.filter(({ legacyId }) => legacyId === null).length;
  return {
    legacy: job,
    legacyId: job.id ?? '',
    jobType: 'batch_parent',
    shared,
    rows,
    places: [place, ...records.map((each) => each.place)],
    notes: [
      ...job.notes,
      ...(missing === 0 ? [] : [`${String(missing)} of ${String(rows.length)} children have no record: imported as failed`]),
      ...unfinished(children.map((each) => each.job)),
    ],
  };
}

/** By the index that a child tells, or its place in the list of the parent, or the order of creation. Two of one index are told apart. */
function placeChildren({ childIds }: LegacyJob, children: readonly Placed[]): ReadonlyMap<number, Placed> {
  const placed = new Map<number, Placed>();
  const others: Placed[] = [];
  for (const child of children) {
    const listed = childIds.indexOf(child.job.id ?? '');
    const index = child.job.batchIndex ?? (listed === -1 ? undefined : listed);
    if (index === undefined || index >= MAX_ROWS || placed.has(index)) others.push(child);
    else placed.set(index, child);
  }
  others.sort((a, b) => a.job.createdAt.getTime() - b.job.createdAt.getTime() || a.place - b.place);
  for (let index = 0, next = others.shift(); next; index += 1) {
    if (placed.has(index)) continue;
    placed.set(index, next);
    next = others.shift();
  }
  return placed;
}

function rowOf(job: LegacyJob, ligand: FreeObject): LegacyRow {
  const finishedAt = job.completedAt ?? job.startedAt ?? job.createdAt;
  const startedAt = job.startedAt ?? job.createdAt;
  return {
    legacyId: job.id ?? null,
    name: textIn(ligand, 'name') ?? null,
    own: Object.keys(ligand).length === 0 ? {} : { ligand },
    outcome: outcomeOf(job),
    startedAt: startedAt > finishedAt ? finishedAt : startedAt,
    finishedAt,
  };
}

function missingRow(job: LegacyJob, ligand: FreeObject): LegacyRow {
  const at = job.completedAt ?? job.createdAt;
  const failure = { code: 'missing_output', message: 'The old store has no record of this child.' } as const;
  return {
    legacyId: null,
    name: textIn(ligand, 'name') ?? null,
    own: Object.keys(ligand).length === 0 ? {} : { ligand },
    outcome: { kind: 'failed', failure },
    startedAt: at,
    finishedAt: at,
  };
}

/** What had not ended will not end: its backend is gone. It is cancelled, and a person may retry it here. */
function outcomeOf({ status, output = {}, errorMessage }: LegacyJob): LegacyRow['outcome'] {
  switch (status) {
    case 'completed': {
      const { tables, ...numbers } = hubMetrics(output);
      const metrics = Object.fromEntries(
        Object.entries(numbers).flatMap(([name, value]) =>
          typeof value === 'number' && Number.isFinite(value) ? [[name, value] as const] : [],
        ),
      );
      return { kind: 'completed', metrics, tables: tablesOf(tables), structure: structureOf(output) };
    }
    case 'failed':
      return {
        kind: 'failed',
        failure: { code: 'model_error', message: (errorMessage ?? 'The old store does not say why.').slice(0, 2_000) },
      };
    case 'pending':
    case 'running':
    case 'cancelled':
      return { kind: 'cancelled' };
    default:
      return status satisfies never;
  }
}

function tablesOf(tables: unknown): Readonly<Record<string, readonly FreeObject[]>> {
  return Object.fromEntries(
    Object.entries(isRecord(tables) ? tables : {}).flatMap(([name, rows]) =>
      Array.isArray(rows) && rows.length > 0 ? [[name, rows.filter(isRecord)] as const] : [],
    ),
  );
}

function structureOf(output: FreeObject): string | undefined {
  const { structure_file_content: content, structure_file_base64: base64 } = output;
  const structure = typeof content === 'string' ? content : typeof base64 === 'string' ? Buffer.from(base64, 'base64').toString() : '';
  return /^\s*data_/.test(structure) ? structure : undefined;
}

function splitInput(input: FreeObject): { readonly ligand: FreeObject; readonly shared: FreeObject } {
  const {
    ligand_smiles: smiles,
    ligand_name: name,
    parent_batch_id: _parent,
    batch_index: _index,
    batch_metadata: _metadata,
    ...others
  } = input;
  return {
    ligand: ligandOf({ smiles, name }),
    shared: Object.fromEntries(Object.entries(others).map(([key, value]) => [toCamel(key), value])),
  };
}

function ligandOf(value: unknown): FreeObject {
  if (typeof value === 'string') return { smiles: value };
  if (!isRecord(value)) return {};
  const [smiles, name] = [textIn(value, 'smiles'), textIn(value, 'name', 'id')];
  return { ...(smiles === undefined ? {} : { smiles }), ...(name === undefined ? {} : { name }) };
}

function unfinished(jobs: readonly LegacyJob[]): readonly string[] {
  const count = jobs.filter(({ status }) => status === 'pending' || status === 'running').length;
  return count === 0 ? [] : [`${String(count)} had not ended: imported as cancelled; a retry runs them here`];
}
