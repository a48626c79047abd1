/** Alignments: sent, listed, read, forgotten, and found for a submission. */
import { createHash, randomUUID } from 'node:crypto';
import { HubError, type CreateMsa, type Manifest, type Msa } from '@omtx/contract';
import { findVersion } from '../catalog/registry.ts';
import type { FreeObject } from '../domain/free-object.ts';
import { proteinsOf, readA3m } from '../domain/msa.ts';
import { deleteMsa, findMsa, listMsas, newestMsas, putMsa, readMsaTexts, type StoredMsa } from '../storage/msas.ts';
import type { PinnedMsa } from '../storage/tables.ts';
import type { HubContext, Principal } from './context.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const SHOWN_LETTERS = 20;

/** @throws HubError invalid_input for a text that is no A3M */
export async function createMsa({ db }: HubContext, { owner }: Principal, { a3m, name, databaseVersion = '' }: CreateMsa): Promise<Msa> {
  const read = readA3m(a3m);
  if (typeof read === 'string')
    throw new HubError('invalid_input', `The alignment cannot be used. ${read}`, [{ pointer: '/a3m', detail: read }]);
  const { sequence, sequences, header } = read;
  const stored = await putMsa(db, owner, {
    id: randomUUID(),
    name: name ?? (header.slice(0, 200) || 'alignment'),
    sequence,
    sequenceSha256: sha256(sequence),
    source: 'uploaded',
    databaseVersion,
    sha256: sha256(read.a3m),
    sequences,
    a3m: read.a3m,
  });
  return present(stored);
}

/** @throws HubError invalid_query for a cursor that is none */
export async function listAlignments({ db }: HubContext, { owner }: Principal, limit: number, cursor: string | undefined) {
  const [createdAt = '', id = ''] = cursor?.split('_') ?? [];
  if (cursor !== undefined && (Number.isNaN(Date.parse(createdAt)) || !UUID.test(id)))
    throw new HubError('invalid_query', 'The cursor is none of this list.', [{ pointer: 'cursor', detail: 'unknown' }]);
  const found = await listMsas(db, owner, limit + 1, cursor === undefined ? undefined : { createdAt, id });
  const page = found.slice(0, limit);
  const last = page.at(-1);
  return { msas: page.map(present), nextCursor: found.length > limit && last ? `${last.createdAt.toISOString()}_${last.id}` : null };
}

/** @throws HubError msa_not_found */
export async function getMsa(ctx: HubContext, principal: Principal, id: string): Promise<Msa> {
  return present(await find(ctx, principal, id));
}

/** @throws HubError msa_not_found */
export async function readMsaText(ctx: HubContext, principal: Principal, id: string): Promise<string> {
  const { sha256: digest } = await find(ctx, principal, id);
  return (await readMsaTexts(ctx.db, [digest])).get(digest) ?? '';
}

/** @throws HubError msa_not_found */
export async function removeMsa({ db }: HubContext, { owner }: Principal, id: string): Promise<void> {
  if (!UUID.test(id) || !(await deleteMsa(db, owner, id))) throw notFound(id);
}

interface Wanted {
  readonly manifest: Manifest;
  readonly parameters: FreeObject;
  readonly inputs: readonly FreeObject[];
  /** Rows that were not looked at: a file of sequences. */
  readonly hasMore: boolean;
}

/**
 * The alignments of the proteins of a submission, where the model takes them and they are wanted. A model that a worker elsewhere runs
 * has its own.
 * @throws HubError msa_missing where there is none, and the operator has not said that such proteins run by their sequence alone
 */
export async function pinMsas(
  ctx: HubContext,
  { owner }: Principal,
  { manifest, parameters, inputs, hasMore }: Wanted,
): Promise<readonly PinnedMsa[]> {
  const { alignments } = manifest;
  if (!alignments || parameters[alignments.parameter] !== true) return [];
  if (findVersion(ctx.registry(), manifest.id, manifest.version)?.kind !== 'installed') return [];
  const proteins = proteinsOf(inputs, alignments);
  const pinned = await newestMsas(ctx.db, owner, proteins.map(sha256));
  const missing = proteins.filter((sequence) => !pinned.some((each) => each.sequence === sequence));
  if ((missing.length > 0 || hasMore) && ctx.msaFallback === 'refuse') throw missingMsa(missing, alignments.parameter);
  return pinned;
}

function missingMsa(missing: readonly string[], parameter: string): HubError {
  const [first] = missing;
  const whose =
    first === undefined
      ? 'Sequences of a file'
      : `${first.slice(0, SHOWN_LETTERS)}${first.length > SHOWN_LETTERS ? '…' : ''} (${String(first.length)} residues)${missing.length > 1 ? ` and ${String(missing.length - 1)} more proteins` : ''}`;
  const detail = `There is no alignment (MSA) of ${whose}. Send one as A3M to POST /api/v4/msas, or submit with ${parameter}: false to predict from the sequence alone.`;
  return new HubError('msa_missing', detail, [{ pointer: `/parameters/${parameter}`, detail: 'no alignment is stored' }]);
}

async function find({ db }: HubContext, { owner }: Principal, id: string): Promise<StoredMsa> {
  const found = UUID.test(id) ? await findMsa(db, owner, id) : undefined;
  if (!found) throw notFound(id);
  return found;
}

function notFound(id: string): HubError {
  return new HubError('msa_not_found', `There is no alignment ${id.slice(0, 100)}.`);
}

function present({ createdAt, ...msa }: StoredMsa): Msa {
  return { ...msa, createdAt: createdAt.toISOString(), href: `/api/v4/msas/${msa.id}/a3m` };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
