/** Submit, list, look, cancel. */
import { ROUTES } from '@omtx/contract';
import type { FastifyInstance } from 'fastify';
import { cancelJob } from '../../services/cancel-job.ts';
import { readJob, readJobs } from '../../services/read-jobs.ts';
import { submitJob } from '../../services/submit-job.ts';
import type { HttpContext } from '../context.ts';
import { route } from '../route.ts';

export function registerJobs(app: FastifyInstance, ctx: HttpContext): void {
  route(app, ROUTES.submitJob, ({ body }) => submitJob(ctx.hub, ctx.principal, body));
  route(app, ROUTES.listJobs, ({ query: { limit, cursor, ...filter } }) => readJobs(ctx.hub, ctx.principal, filter, limit, cursor));
  route(app, ROUTES.getJob, ({ params }) => readJob(ctx.hub, ctx.principal, params.id));
  route(app, ROUTES.cancelJob, ({ params }) => cancelJob(ctx.hub, ctx.principal, params.id));
}
