/** Every address of the page. What one would send to a colleague is in it. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { readBatchSearch } from '../features/batch/batch-search.ts';
import { HomePage } from '../features/home/components/home-page.tsx';
import { readModelsSearch } from '../features/models/models-search.ts';
import { readResultsSearch } from '../features/results/results-search.ts';
import { readSubmitSearch } from '../features/submit/submit-search.ts';
import { Frame } from './frame.tsx';
import { NotFoundPage, RouteError } from './route-states.tsx';

const rootRoute = createRootRoute({ component: Frame, notFoundComponent: NotFoundPage, errorComponent: RouteError });

const home = createRoute({ getParentRoute: () => rootRoute, path: '/', component: HomePage });
const submit = createRoute({
  getParentRoute: () => rootRoute,
  path: '/submit',
  validateSearch: readSubmitSearch,
  component: lazyRouteComponent(() => import('../features/submit/components/submit-page.tsx'), 'SubmitPage'),
});
const results = createRoute({
  getParentRoute: () => rootRoute,
  path: '/results',
  validateSearch: readResultsSearch,
  component: lazyRouteComponent(() => import('../features/results/components/results-page.tsx'), 'ResultsPage'),
});
const job = createRoute({
  getParentRoute: () => rootRoute,
  path: '/results/$jobId',
  validateSearch: readBatchSearch,
  component: lazyRouteComponent(() => import('../features/batch/components/job-or-batch-page.tsx'), 'JobOrBatchPage'),
});
const row = createRoute({
  getParentRoute: () => rootRoute,
  path: '/results/$jobId/rows/$index',
  component: lazyRouteComponent(() => import('../features/job/components/row-page.tsx'), 'RowPage'),
});
const models = createRoute({
  getParentRoute: () => rootRoute,
  path: '/models',
  validateSearch: readModelsSearch,
  component: lazyRouteComponent(() => import('../features/models/components/models-page.tsx'), 'ModelsPage'),
});
const model = createRoute({
  getParentRoute: () => rootRoute,
  path: '/models/$modelId',
  component: lazyRouteComponent(() => import('../features/models/components/model-page.tsx'), 'ModelPage'),
});
const analytics = createRoute({
  getParentRoute: () => rootRoute,
  path: '/analytics',
  component: lazyRouteComponent(() => import('../features/analytics/components/analytics-page.tsx'), 'AnalyticsPage'),
});
const workers = createRoute({
  getParentRoute: () => rootRoute,
  path: '/workers',
  component: lazyRouteComponent(() => import('../features/workers/components/workers-page.tsx'), 'WorkersPage'),
});
const settings = createRoute({
  getParentRoute: () => rootRoute,
  path: '/settings',
  component: lazyRouteComponent(() => import('../features/settings/components/settings-page.tsx'), 'SettingsPage'),
});

export const router = createRouter({
  routeTree: rootRoute.addChildren([home, submit, results, job, row, models, model, analytics, workers, settings]),
  defaultPreload: 'intent',
  // Data is cached by Query; the router loads code only.
  defaultPreloadStaleTime: 0,
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
