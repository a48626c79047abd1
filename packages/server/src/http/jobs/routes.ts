/** Submit, list, look; cancel, retry, pause, resume, clone. */
import { ROUTES } from '@omtx/contract';
import type { FastifyInstance } from 'fastify';
import { cacheFigures } from '../../services/cache.ts';
import { bulkJobs } from '../../services/bulk-jobs.ts';
import { cancelJob } from '../../services/cancel-job.ts';
import { changeJob } from '../../services/change-job.ts';
import { cloneJob } from '../../services/clone-job.ts';
import { deleteJob } from '../../services/delete-job.ts';
import { pauseJob } from '../../services/pause-job.ts';
import { readFullStatistics, readJobs } from '../../services/list-jobs.ts';
import { readJob } from '../../services/read-jobs.ts';
import { quoteJob } from '../../services/quote-job.ts';
import { retryJob } from '../../services/retry-job.ts';
import { submitJob } from '../../services/submit-job.ts';
import { listDeletedJobs, listProjects, setRetention } from '../../storage/retention/projects.ts';
import type { HttpContext } from '../context.ts';
import { route } from '../route.ts';

export function registerJobs(app: FastifyInstance, ctx: HttpContext): void {
  route(app, ROUTES.submitJob, ({ body }) => submitJob(ctx.hub, ctx.principal, body));
  route(app, ROUTES.quoteJob, ({ body }) => quoteJob(ctx.hub, ctx.principal, body));
  route(app, ROUTES.listJobs, ({ query }) => readJobs(ctx.hub, ctx.principal, query));
  route(app, ROUTES.bulkJobs, ({ body }) => bulkJobs(ctx.hub, ctx.principal, body));
  route(app, ROUTES.getStatistics, async () => ({
    ...(await readFullStatistics(ctx.hub, ctx.principal)),
    cache: cacheFigures(ctx.hub.caches),
  }));
  route(app, ROUTES.getJob, ({ params }) => readJob(ctx.hub, ctx.principal, params.id));
  route(app, ROUTES.changeJob, ({ params, body }) => changeJob(ctx.hub, ctx.principal, params.id, body));
  route(app, ROUTES.deleteJob, async ({ params }) => ({ deleted: await deleteJob(ctx.hub, ctx.principal, params.id) }));
  route(app, ROUTES.listDeletedJobs, async ({ query }) => ({
    jobs: await listDeletedJobs(ctx.hub.db, ctx.principal.owner, query.limit),
  }));
  route(app, ROUTES.listProjects, async () => ({ projects: await listProjects(ctx.hub.db, ctx.principal.owner) }));
  route(app, ROUTES.changeProject, async ({ params, body }) => {
    await setRetention(ctx.hub.db, ctx.principal.owner, params.name, body.retentionDays);
    return { projects: await listProjects(ctx.hub.db, ctx.principal.owner) };
  });
  route(app, ROUTES.cancelJob, ({ params, body }) => cancelJob(ctx.hub, ctx.principal, params.id, body));
  route(app, ROUTES.retryJob, ({ params, body }) => retryJob(ctx.hub, ctx.principal, params.id, body));
  route(app, ROUTES.pauseJob, ({ params }) => pauseJob(ctx.hub, ctx.principal, params.id, true));
  route(app, ROUTES.resumeJob, ({ params }) => pauseJob(ctx.hub, ctx.principal, params.id, false));
  route(app, ROUTES.cloneJob, ({ params, body }) => cloneJob(ctx.hub, ctx.principal, params.id, body));
}
