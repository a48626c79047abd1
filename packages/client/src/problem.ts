/** Errors of the SDK: what the hub refused, and a hub that cannot be reached. */
import type { Problem } from '@omtx/contract';

/** The hub answered with a problem (RFC 9457); `problem.errors` points at each field to mend. */
export class OmtxProblem extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.name = 'OmtxProblem';
    this.problem = problem;
  }
}

/** No answer that the hub could have given: it is not running, the address is wrong, or something between them answers. */
export class OmtxUnreachable extends Error {
  constructor(baseUrl: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`No hub answers at ${baseUrl} (${reason}). Start one with "npm start", or give its address.`, { cause });
    this.name = 'OmtxUnreachable';
  }
}
