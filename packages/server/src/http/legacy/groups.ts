/** Every group of old paths, by the name that turns it off. */
import type { HttpContext } from '../context.ts';
import { batchesRoutes } from './batches.ts';
import { catalogRoutes } from './catalog.ts';
import { downloadsRoutes } from './downloads.ts';
import { jobsRoutes } from './jobs.ts';
import { modelRoutes } from './model-routes.ts';
import { monitoringRoutes } from './monitoring.ts';
import { myResultsRoutes } from './my-results.ts';
import { optimizedRoutes } from './optimized.ts';
import { predictRoutes } from './predict.ts';
import { legacyResultsRoutes } from './results-legacy.ts';
import { resultsRoutes } from './results.ts';
import { rootRoutes } from './root.ts';
import type { LegacyGroup, LegacyRoute } from './route.ts';
import { ultraFastRoutes } from './ultra-fast.ts';
import { v1Routes } from './v1.ts';
import { webhooksRoutes } from './webhooks.ts';

export function groupsOf(ctx: HttpContext): Readonly<Record<LegacyGroup, readonly LegacyRoute[]>> {
  return {
    predict: predictRoutes(ctx),
    results: [...resultsRoutes(ctx), ...legacyResultsRoutes(ctx)],
    jobs: [...jobsRoutes(ctx), ...downloadsRoutes(ctx)],
    'my-results': myResultsRoutes(ctx),
    catalog: catalogRoutes(ctx),
    models: modelRoutes(ctx),
    optimized: optimizedRoutes(ctx),
    root: rootRoutes(ctx),
    batches: batchesRoutes(ctx),
    'ultra-fast': ultraFastRoutes(ctx),
    v1: v1Routes(ctx),
    webhooks: webhooksRoutes(ctx),
    monitoring: monitoringRoutes(ctx),
  };
}
