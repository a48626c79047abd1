/** One compound in all jobs of its owner, by InChIKey or by SMILES. */
import { childId, HubError, type CompoundAnswer } from '@omtx/contract';
import { findCompound as findRows } from '../storage/search/compounds.ts';
import type { HubContext, Principal } from './context.ts';

const INCHIKEY = /^[A-Z]{14}(-[A-Z]{10}(-[A-Z])?)?$/;

export interface CompoundQuery {
  readonly inchikey?: string | undefined;
  readonly smiles?: string | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** @throws HubError invalid_query */
export async function findCompound(ctx: HubContext, { owner }: Principal, query: CompoundQuery): Promise<CompoundAnswer> {
  const inchikey = await inchikeyOf(ctx, query);
  const offset = Number(query.cursor ?? 0);
  const { rows, total } = await findRows(ctx.db, owner, inchikey, { limit: query.limit, offset });
  return {
    inchikey,
    total,
    nextCursor: offset + rows.length < total && rows.length > 0 ? String(offset + rows.length) : null,
    rows: rows.map(({ createdAt, jobType, metrics, ...row }) => ({
      ...row,
      id: jobType === 'individual' ? row.jobId : childId(row.jobId, row.index),
      createdAt: createdAt.toISOString(),
      metrics: { ...metrics },
    })),
  };
}

async function inchikeyOf({ chemistry }: HubContext, { inchikey, smiles }: CompoundQuery): Promise<string> {
  if ((inchikey === undefined) === (smiles === undefined)) throw invalid('inchikey', 'give an InChIKey or a SMILES, and not both');
  if (inchikey !== undefined) {
    if (INCHIKEY.test(inchikey)) return inchikey;
    throw invalid('inchikey', `"${inchikey.slice(0, 40)}" is neither an InChIKey nor its first block of 14 letters`);
  }
  const [reading] = await chemistry.read([{ smiles: smiles ?? '', cleaning: 'as_is', more: 'ligand' }]);
  if (reading?.kind !== 'molecule') throw invalid('smiles', reading?.reason ?? 'RDKit does not answer');
  if (reading.inchikey === undefined) throw invalid('smiles', 'InChI has no key for it');
  return reading.inchikey;
}

function invalid(pointer: string, detail: string): HubError {
  return new HubError('invalid_query', `${pointer}: ${detail}`, [{ pointer, detail }]);
}
