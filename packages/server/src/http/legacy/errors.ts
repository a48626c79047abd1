/** Errors as the first OMTX-Hub sent them: `{"detail": text}`, or for a body or query that does not fit a list in Pydantic's form. */
import { HubError, PROBLEMS, type ProblemCode } from '@omtx/contract';
import type { FastifyInstance } from 'fastify';
import { problemOf } from '../problems.ts';
import { toLabel } from '../../domain/legacy/names.ts';

/** One finding in Pydantic's form. */
export interface Finding {
  readonly type: string;
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly input: unknown;
  readonly ctx?: Readonly<Record<string, unknown>>;
}

/** What an old path answers; thrown by its handlers. */
export class LegacyError extends Error {
  readonly status: number;
  readonly detail: string | readonly Finding[];

  constructor(status: number, detail: string | readonly Finding[]) {
    super(typeof detail === 'string' ? detail : 'the request does not fit');
    this.status = status;
    this.detail = detail;
  }
}

const STATUSES: Partial<Readonly<Record<ProblemCode, number>>> = {
  invalid_body: 422,
  job_not_found: 404,
  row_not_found: 404,
  artifact_not_found: 404,
  not_found: 404,
  too_many_rows: 413,
  body_too_large: 413,
  unsupported_media_type: 415,
  job_final: 400,
};

export function setLegacyErrors(app: FastifyInstance): void {
  app.setErrorHandler((error: Error, request, reply) => {
    if (error instanceof LegacyError) return reply.code(error.status).send({ detail: error.detail });
    const problem = problemOf(error, request);
    return reply.code(statusOf(problem.code)).send({ detail: detailOf(problem) });
  });
}

/** A fault of the hub stays one; whatever else the services refuse was 400. */
function statusOf(code: ProblemCode): number {
  const { status } = PROBLEMS[code];
  return STATUSES[code] ?? (status >= 500 ? status : 400);
}

function detailOf(problem: HubError): string {
  switch (problem.code) {
    case 'job_not_found':
      return 'Job not found';
    case 'invalid_input':
    case 'rows_rejected':
      return `Input validation failed: ${problem.errors.map(inputError).join(', ') || problem.message}`;
    case 'model_task_mismatch':
    case 'unknown_task':
    case 'unknown_model':
      return `Input validation failed: ${problem.message}`;
    default:
      return problem.message;
  }
}

/** `Protein Sequence: Protein sequence is required`, as the old task schemas wrote it. */
function inputError({ pointer, detail }: HubError['errors'][number]): string {
  const missing = /\/([A-Za-z_]+): "([A-Za-z]+)" is missing/.exec(detail);
  if (missing) {
    const [, holder = '', field = ''] = missing;
    // A row without its ligand misses what old clients call `ligand_smiles`.
    if (field === 'ligand') return required('ligand_smiles');
    return required(holder === field ? field : `${holder}_${field}`);
  }
  const [, field] = /^"([A-Za-z]+)" is missing/.exec(detail) ?? [];
  if (field !== undefined) return required(field === 'ligand' ? 'ligand_smiles' : field);
  const name = pointer.split('/').at(-1) ?? '';
  return `${toLabel(name)}: ${detail}`;
}

function required(name: string): string {
  const label = toLabel(name);
  const [first = '', ...rest] = label.split(' ');
  return `${label}: ${[first, ...rest.map((word) => (word === 'SMILES' ? word : word.toLowerCase()))].join(' ')} is required`;
}

export function isHubError(error: unknown, code: ProblemCode): boolean {
  return error instanceof HubError && error.code === code;
}
