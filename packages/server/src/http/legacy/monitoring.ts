/** Completion, health and performance paths (E). No page calls them; scripts of operators may. */
import { childrenWith, readEntries, type BatchEntry } from '../../services/read-entries.ts';
import { readJobLog } from '../../services/read-job-log.ts';
import { isReachable } from '../../storage/database.ts';
import type { UsageSum } from '../../storage/legacy-usage.ts';
import type { HttpContext } from '../context.ts';
import { clearCaches } from './cache-info.ts';
import { LegacyError } from './errors.ts';
import { textOf } from './query.ts';
import { figuresOf, findBatch } from './reads.ts';
import { get, idOf, post, type LegacyRoute } from './route.ts';

const MILESTONES = [10, 25, 50, 75, 90, 100];

export function monitoringRoutes(ctx: HttpContext): readonly LegacyRoute[] {
  return [...completionRoutes(ctx), ...healthRoutes(ctx)];
}

function completionRoutes(ctx: HttpContext): readonly LegacyRoute[] {
  const [base, job, events] = ['/api/v3/batch-completion', '/api/v4/jobs/{id}', '/api/v4/jobs/{id}/events'];
  const progress = (id: string): Promise<object> => findBatch(ctx, id, 'Batch not found').then((batch) => batchProgress(ctx, batch));
  return [
    get(`${base}/status`, '/health/ready', async () => ({
      status: 'active',
      active_batches: (await openBatches(ctx)).length,
      timestamp: new Date().toISOString(),
    })),
    get(`${base}/batch/:id/progress`, job, (request) => progress(idOf(request))),
    get(`${base}/active-batches`, '/api/v4/jobs', async () => {
      const batches = await openBatches(ctx);
      return { active_batches: await Promise.all(batches.map((batch) => batchProgress(ctx, batch))), total: batches.length };
    }),
    get(`${base}/milestones/:id`, events, async (request) => {
      const batch = await findBatch(ctx, idOf(request), 'Batch not found');
      return { batch_id: batch.job.id, milestones: milestonesOf(batch) };
    }),
    get(`${base}/system-health`, '/health/ready', async () => ({
      status: (await isReachable(ctx.hub.db)) ? 'healthy' : 'unhealthy',
      timestamp: new Date().toISOString(),
    })),
    post(`${base}/batch/:id/force-refresh`, job, (request) => progress(idOf(request))),
    post(`${base}/batch/:id/simulate-completion`, job, () => {
      throw new LegacyError(400, 'A completion is never simulated on this hub.');
    }),
  ];
}

async function openBatches(ctx: HttpContext): Promise<readonly BatchEntry[]> {
  const list = async (status: 'running' | 'pending'): Promise<readonly BatchEntry[]> => {
    const { entries } = await readEntries(ctx.hub, ctx.principal, { jobTypes: ['batch_parent'], status }, 1, 100);
    return entries.flatMap((entry) => (entry.kind === 'batch_parent' ? [entry] : []));
  };
  return [...(await list('running')), ...(await list('pending'))];
}

function percentageOf({ job: { progress } }: BatchEntry): number {
  return Math.floor((1_000 * (progress.completed + progress.failed + progress.cancelled)) / progress.total) / 10;
}

function milestonesOf(batch: BatchEntry) {
  const percentage = percentageOf(batch);
  return {
    available: MILESTONES,
    reached: MILESTONES.filter((milestone) => milestone <= percentage),
    next_milestone: MILESTONES.find((milestone) => milestone > percentage) ?? null,
  };
}

async function batchProgress(ctx: HttpContext, batch: BatchEntry) {
  const { job } = batch;
  const { times } = await figuresOf(ctx, batch);
  return {
    batch_id: job.id,
    progress: {
      total_jobs: childrenWith(batch, undefined),
      completed_jobs: job.progress.completed,
      failed_jobs: job.progress.failed,
      running_jobs: job.progress.running,
      percentage: percentageOf(batch),
      estimated_completion_seconds: job.progress.secondsLeft,
      last_updated: job.updatedAt,
    },
    milestones: milestonesOf(batch),
    status: job.finishedAt === null ? 'in_progress' : 'completed',
    performance: { average_execution_time: times.meanSeconds, total_execution_time: times.totalSeconds },
  };
}

function healthRoutes(ctx: HttpContext): readonly LegacyRoute[] {
  const wrapped = (path: string, data: (database: string) => object): LegacyRoute =>
    get(path, '/health/ready', async () => ({
      status: 'success',
      data: data((await isReachable(ctx.hub.db)) ? 'healthy' : 'unhealthy'),
    }));
  const [health, performance] = ['/api/v3/health', '/api/v3/performance'];
  const services = (database: string): object => ({ database: { status: database }, api: { status: 'healthy' } });
  return [
    wrapped(`${health}/status`, (database) => ({ overall_status: database, timestamp: new Date().toISOString() })),
    wrapped(`${health}/services`, services),
    get(`${health}/service/:name`, '/health/ready', async ({ params }) => {
      const name = params['name'] ?? '';
      const known = new Map(Object.entries(services((await isReachable(ctx.hub.db)) ? 'healthy' : 'unhealthy')));
      if (!known.has(name)) throw new LegacyError(404, `Service not found: ${name}`);
      return { status: 'success', data: { name, ...known.get(name) } };
    }),
    wrapped(`${health}/slo`, () => ({ slos: [] })),
    wrapped(`${health}/metrics`, () => memory()),
    wrapped(`${health}/dependencies`, (database) => ({ dependencies: [{ name: 'postgresql', status: database }] })),
    wrapped(`${health}/alerts`, (database) => ({
      alerts: database === 'healthy' ? [] : [{ severity: 'critical', message: 'The database does not answer' }],
    })),
    wrapped(`${performance}/metrics`, () => memory()),
    get(`${performance}/api-endpoints`, '/api/v4/legacy-usage', async () => ({
      status: 'success',
      data: { endpoints: (await ctx.usage.read()).map(endpointOf) },
    })),
    wrapped(`${performance}/optimization-report`, () => ({ recommendations: [] })),
    post(`${performance}/clear-cache`, '/api/v4/statistics', () => {
      clearCaches(ctx);
      return { status: 'success', message: 'Cache cleared successfully' };
    }),
    get('/ready', '/health/ready', async (_request, reply) => {
      const isReady = await isReachable(ctx.hub.db);
      if (!isReady) reply.code(503);
      return { status: isReady ? 'ready' : 'not_ready' };
    }),
    get('/startup', '/health/ready', () => ({ status: 'started', uptime_seconds: Math.round(process.uptime()) })),
    get('/api/v2/logs', '/api/v4/jobs/{id}/events', async ({ query }) => {
      const id = textOf(query, 'job_id');
      const lines = id === undefined ? [] : await readJobLog(ctx.hub, ctx.principal, id);
      return { logs: lines.map(({ at, level, message }) => ({ timestamp: at, level, message })), count: lines.length };
    }),
  ];
}

function endpointOf({ method, path, calls, callsOfLastWeek, lastCalledAt }: UsageSum): object {
  return { method, endpoint: path, calls, calls_last_week: callsOfLastWeek, last_called_at: lastCalledAt.toISOString() };
}

function memory(): object {
  return { uptime_seconds: Math.round(process.uptime()), memory_bytes: process.memoryUsage().rss };
}
