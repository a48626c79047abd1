/** What an operator asks of the hub itself. */
import { ROUTES } from '@omtx/contract';
import type { FastifyInstance } from 'fastify';
import { changeLimits } from '../../services/change-limits.ts';
import { readQueues } from '../../services/read-queues.ts';
import { readWorkers } from '../../services/read-workers.ts';
import type { HttpContext } from '../context.ts';
import { recount } from '../../services/recount.ts';
import { sweepAll } from '../../services/sweep.ts';
import { readLimits } from '../../storage/limits.ts';
import { countFiles } from '../../storage/retention/collect-files.ts';
import { listLegacyRoutes } from '../legacy/register.ts';
import { LEGACY_GROUPS } from '../legacy/route.ts';
import { route } from '../route.ts';

export function registerOperator(app: FastifyInstance, ctx: HttpContext): void {
  route(app, ROUTES.recount, () => recount(ctx.hub));
  route(app, ROUTES.getQueues, () => readQueues(ctx.hub));
  route(app, ROUTES.getLimits, () => readLimits(ctx.hub.db));
  route(app, ROUTES.changeLimits, ({ body }) => changeLimits(ctx.hub, body));
  route(app, ROUTES.getStoredFiles, () => countFiles(ctx.hub.db));
  route(app, ROUTES.sweepFiles, () => sweepAll(ctx.hub));
  const routes = listLegacyRoutes(ctx);
  route(app, ROUTES.listWorkers, () => readWorkers(ctx.hub));
  route(app, ROUTES.listLegacyUsage, async () => {
    const sums = new Map((await ctx.usage.read()).map((sum) => [`${sum.method} ${sum.path}`, sum]));
    const used = routes.map(({ group, method, path, successor }) => {
      const sum = sums.get(`${method} ${path}`);
      return {
        group,
        method,
        path,
        successor,
        isOn: !ctx.legacy.off.includes(group),
        calls: sum?.calls ?? 0,
        callsOfLastWeek: sum?.callsOfLastWeek ?? 0,
        callsOfLastMonth: sum?.callsOfLastMonth ?? 0,
        lastCalledAt: sum?.lastCalledAt.toISOString() ?? null,
        lastClient: sum?.lastClient ?? null,
      };
    });
    const groups = LEGACY_GROUPS.map((group) => {
      const own = used.filter((each) => each.group === group);
      return {
        group,
        isOn: !ctx.legacy.off.includes(group),
        calls: own.reduce((sum, each) => sum + each.calls, 0),
        callsOfLastMonth: own.reduce((sum, each) => sum + each.callsOfLastMonth, 0),
      };
    });
    return { groups, routes: used };
  });
}
