/** Checks the rows of one large job, chunk by chunk, from where the last one was committed. */
import { createHash } from 'node:crypto';
import type { Rejection } from '@omtx/contract';
import { manifestOf, taskOf } from '../catalog/registry.ts';
import { FINGERPRINT_BYTES } from '../chemistry/chemistry.ts';
import { FirstSeen } from '../domain/first-seen.ts';
import {
  endRejectingCheck,
  giveBackCheck,
  readFirstRows,
  readRowsToCheck,
  writeCheckedRows,
  type CheckedRow,
  type HeldCheck,
  type RowToCheck,
} from '../storage/row-checks.ts';
import { checkMolecules, identityOf, type CheckedMolecule } from './check-molecules.ts';
import type { HubContext } from './context.ts';

/** The first rows are released soon, so that the model need not wait; later chunks are larger, because each costs a commit. */
const FIRST_CHUNK = 500;
const CHUNK = 2_000;
/** Chunks whose chemistry is under way while others are written. */
const AHEAD = 3;

const WITH_OTHERS: Rejection = {
  code: 'rejected_with_others',
  message: 'Other rows of the library are rejected, and it was submitted with onInvalid: "rejectAll".',
};

interface Chunk {
  readonly start: number;
  readonly end: number;
  readonly rows: readonly RowToCheck[];
  readonly molecules: readonly CheckedMolecule[];
}

/** Runs until every row is checked, the check is another's, the job is cancelled, or the signal is given; then it is given back. */
export async function checkRows(ctx: HubContext, check: HeldCheck, holder: string, signal: AbortSignal): Promise<void> {
  const model = findModel(ctx, check);
  if (!model) {
    ctx.log.error({ event: 'check_without_model', jobId: check.jobId, modelId: check.modelId }, 'rows wait for a model that is gone');
    return;
  }
  const seen = await readSeen(ctx, check, model);
  for await (const chunk of chunksOf(ctx, check, model, signal)) {
    const written = await writeCheckedRows(ctx.db, check, holder, { ...chunk, rows: findRepeats(chunk, seen), morgan: morganOf(chunk) });
    if (written === 'lost') return;
  }
  if (signal.aborted) await giveBackCheck(ctx.db, check.jobId, holder);
  else if (check.rejectAll) await endRejectingCheck(ctx.db, check, holder, WITH_OTHERS);
}

function findModel(ctx: HubContext, { modelId, taskType }: HeldCheck) {
  const state = ctx.registry().models.get(modelId);
  const manifest = state && manifestOf(state);
  const task = manifest && taskOf(manifest, taskType);
  return task ? { manifest, task } : undefined;
}

type Model = NonNullable<ReturnType<typeof findModel>>;

/** What a holder before this one had seen. */
async function readSeen(ctx: HubContext, { jobId, checked }: HeldCheck, { task }: Model): Promise<FirstSeen> {
  const seen = new FirstSeen();
  for await (const rows of readFirstRows(ctx.db, jobId, checked)) {
    for (const { index, canonicalSmiles, input } of rows) {
      const identity = identityOf(input, canonicalSmiles, task);
      if (identity !== undefined) seen.firstPlaceOf(hashOf(identity), index);
    }
  }
  return seen;
}

/** In order, with some ahead: while one is written the chemistry of the next ones goes on. */
async function* chunksOf(ctx: HubContext, check: HeldCheck, model: Model, signal: AbortSignal): AsyncGenerator<Chunk> {
  const ahead: Promise<Chunk>[] = [];
  let next = check.checked;
  const fill = (): void => {
    while (ahead.length < AHEAD && next < check.total && !signal.aborted) {
      const end = Math.min(next + (next === 0 ? FIRST_CHUNK : CHUNK), check.total);
      const chunk = readChunk(ctx, check, model, next, end);
      chunk.catch(() => undefined); // Thrown again where it is awaited; those behind it are given up.
      ahead.push(chunk);
      next = end;
    }
  };
  for (fill(); ahead.length > 0 && !signal.aborted; fill()) {
    const chunk = await ahead.shift();
    if (chunk) yield chunk;
  }
  await Promise.allSettled(ahead);
}

async function readChunk(ctx: HubContext, { jobId }: HeldCheck, { manifest, task }: Model, start: number, end: number): Promise<Chunk> {
  const rows = await readRowsToCheck(ctx.db, jobId, start, end);
  const inputs = rows.map((row) => (row.isOpen ? row.input : undefined));
  return { start, end, rows, molecules: await checkMolecules(inputs, manifest, task, ctx.chemistry, 'background', 'fingerprint') };
}

function findRepeats({ rows, molecules }: Chunk, seen: FirstSeen): readonly CheckedRow[] {
  return rows.flatMap(({ index, isOpen }, place) => {
    const molecule = molecules[place];
    if (!isOpen || !molecule) return [];
    const { canonicalSmiles, rejection, identity } = molecule;
    const first = identity === undefined ? index : seen.firstPlaceOf(hashOf(identity), index);
    return [{ index, canonicalSmiles, rejection, reusedFrom: first === index ? null : first }];
  });
}

/** Of each row of the chunk, also of those without a molecule. */
function morganOf({ molecules }: Chunk): Uint8Array {
  const bits = new Uint8Array(molecules.length * FINGERPRINT_BYTES);
  molecules.forEach(({ morgan }, place) => {
    if (morgan) bits.set(morgan, place * FINGERPRINT_BYTES);
  });
  return bits;
}

function hashOf(identity: string): Uint8Array {
  return createHash('sha1').update(identity).digest().subarray(0, 16);
}
