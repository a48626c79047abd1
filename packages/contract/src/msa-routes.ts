/** Routes of alignments. */
import { Type } from 'typebox';
import { CreateMsa, Msa, MsaPage } from './msas.ts';
import type { RouteDefinition } from './route-definition.ts';

const closed = { additionalProperties: false } as const;
const MsaParams = Type.Object({ id: Type.String({ maxLength: 100, description: 'Id of an alignment.' }) }, closed);
const MsaQuery = Type.Object(
  {
    limit: Type.Integer({ minimum: 1, maximum: 1_000, default: 100 }),
    cursor: Type.Optional(Type.String({ maxLength: 100, description: '`nextCursor` of the page before.' })),
  },
  closed,
);

export const MSA_ROUTES = {
  createMsa: {
    method: 'POST',
    path: '/api/v4/msas',
    family: 'msas',
    summary: 'Keep an alignment (A3M) of a protein: jobs that have this protein and want alignments use it.',
    status: 200,
    body: CreateMsa,
    answer: Msa,
  },
  listMsas: {
    method: 'GET',
    path: '/api/v4/msas',
    family: 'msas',
    summary: 'Alignments, newest first.',
    status: 200,
    query: MsaQuery,
    answer: MsaPage,
  },
  getMsa: {
    method: 'GET',
    path: '/api/v4/msas/:id',
    family: 'msas',
    summary: 'What is known of an alignment.',
    status: 200,
    params: MsaParams,
    answer: Msa,
  },
  getMsaText: {
    method: 'GET',
    path: '/api/v4/msas/:id/a3m',
    family: 'msas',
    summary: 'The alignment as A3M, one line a sequence.',
    status: 200,
    params: MsaParams,
  },
  deleteMsa: {
    method: 'DELETE',
    path: '/api/v4/msas/:id',
    family: 'msas',
    summary: 'Forget an alignment; jobs that were submitted with it keep its text.',
    status: 200,
    params: MsaParams,
    answer: Type.Object({ deleted: Type.Integer() }, closed),
  },
} as const satisfies Record<string, RouteDefinition>;
