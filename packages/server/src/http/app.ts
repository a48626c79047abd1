/** The HTTP server: the hub's own API, the old one, health, description and docs. */
import compress from '@fastify/compress';
import cors from '@fastify/cors';
import etag from '@fastify/etag';
import swagger from '@fastify/swagger';
import { COUNT_HEADER, CURSOR_HEADER, DEGRADED_HEADER, HubError, LOCAL_OWNER, VERSION_HEADER } from '@omtx/contract';
import scalar from '@scalar/fastify-api-reference';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import Fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { isNestedDeeper, isRecord, MOST_LEVELS } from '../domain/free-object.ts';
import type { HubContext } from '../services/context.ts';
import { LegacyUsage } from '../services/legacy-usage.ts';
import { EventFeeds } from '../services/event-feeds.ts';
import type { Listener } from '../storage/listener.ts';
import type { HttpContext, LegacySettings } from './context.ts';
import { registerEvents } from './events/routes.ts';
import { registerHealth } from './health.ts';
import { registerCampaigns } from './campaigns/routes.ts';
import { registerJobs } from './jobs/routes.ts';
import { registerLegacy } from './legacy/register.ts';
import { registerModels } from './models/routes.ts';
import { registerOperator } from './operator/routes.ts';
import { registerMetrics, observeRequests } from './observe/routes.ts';
import { registerPage } from './page/routes.ts';
import { registerProblemPages } from './problem-pages.ts';
import { answerBadAddress, setProblemHandlers } from './problems.ts';
import { registerResults } from './results/routes.ts';
import { registerTasks } from './tasks/routes.ts';
import { registerMsas } from './msas/routes.ts';
import { acceptForms, registerUploads } from './uploads/routes.ts';

/** A library text of 64 MiB with its JSON escapes. */
const BODY_BYTES = 80 * 1024 * 1024;
const GZIP_BYTES = 1_000;
/** Those that are text though their name does not say so: structures are megabytes of it. */
const TEXT_TYPES = /^(?:text\/(?!event-stream)|chemical\/)|(?:\+|\/)(?:json|text|xml)(?:;|$)|octet-stream(?:;|$)/u;
/** Answers of old paths say where to go, and some count in headers. */
const EXPOSED = ['deprecation', 'link', 'content-disposition', 'x-total-results', 'x-page', 'x-response-time'];
/** Pages of the first OMTX-Hub called it from these. */
const OLD_ORIGINS = ['3000', '5173', '8080', '8081'].map((port) => `http://localhost:${port}`);

/** What is built by `npm run setup`. */
const PAGE_DIR = join(import.meta.dirname, '..', '..', '..', 'web', 'dist');
/** All groups of old paths on, and no remote backend. */
const NO_LEGACY_SETTINGS: LegacySettings = { off: [], webhookSecret: undefined };

export async function buildApp(
  hub: HubContext,
  listener: Listener,
  version: string,
  legacy: LegacySettings = NO_LEGACY_SETTINGS,
  pageDir = PAGE_DIR,
): Promise<FastifyInstance> {
  const closing = new AbortController();
  const log: FastifyBaseLogger = hub.log;
  const app = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_BYTES,
    routerOptions: { ignoreTrailingSlash: true },
    genReqId: () => randomUUID(),
    forceCloseConnections: true,
    frameworkErrors: (_error, request, reply) => {
      answerBadAddress(request, reply);
    },
  });
  const usage = new LegacyUsage(hub);
  const ctx: HttpContext = {
    hub,
    feeds: new EventFeeds(hub.db, listener),
    principal: { owner: LOCAL_OWNER },
    closing: closing.signal,
    legacy,
    usage,
  };
  app.addHook('onClose', () => usage.flush());
  app.addHook('preClose', (done) => {
    closing.abort();
    done();
  });
  observeRequests(app, hub);
  // A text that says it is no JSON would be refused for its type of value, which says nothing.
  app.removeContentTypeParser('text/plain');
  setChecks(app);
  setProblemHandlers(app, pageDir);
  await registerPlugins(app, version);
  await app.register(async (scope) => {
    registerUploads(scope, ctx);
    await Promise.resolve();
  });
  await app.register(async (scope) => {
    acceptForms(scope, ctx);
    registerJobs(scope, ctx);
    registerMsas(scope, ctx);
    registerCampaigns(scope, ctx);
    registerResults(scope, ctx);
    registerEvents(scope, ctx);
    registerModels(scope, ctx);
    registerTasks(scope, ctx);
    registerOperator(scope, ctx);
    await Promise.resolve();
  });
  registerMetrics(app, hub);
  await app.register(async (scope) => {
    registerLegacy(scope, ctx);
    await Promise.resolve();
  });
  registerHealth(app, hub);
  registerProblemPages(app);
  await registerPage(app, pageDir);
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
  await app.register(scalar, {
    routePrefix: '/docs',
    configuration: { withDefaultFonts: false, telemetry: false, hideClientButton: true },
  });
  await app.ready();
  return app;
}

/** What every answer goes through, and the description of all of them. */
async function registerPlugins(app: FastifyInstance, version: string): Promise<void> {
  // A reader that has the answer already is told so in place of being sent it again.
  await app.register(etag);
  await app.register(compress, { threshold: GZIP_BYTES, encodings: ['gzip', 'identity'], customTypes: TEXT_TYPES });
  await app.register(cors, {
    origin: OLD_ORIGINS,
    credentials: true,
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposedHeaders: [VERSION_HEADER, COUNT_HEADER, CURSOR_HEADER, DEGRADED_HEADER, 'etag', ...EXPOSED],
  });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'OMTX-Hub',
        version,
        description: 'Submit, follow and read predictions. Times are ISO 8601 in UTC, durations seconds.',
      },
    },
  });
}

/** Bodies are strict: nothing is coerced, dropped or filled in. Paths and queries are text, so numbers in them are read as numbers. */
function setChecks(app: FastifyInstance): void {
  const common = { allErrors: true, verbose: true, strict: false } as const;
  const bodies = new Ajv2020({ ...common, useDefaults: false });
  const texts = new Ajv2020({ ...common, coerceTypes: true, useDefaults: true });
  for (const ajv of [bodies, texts]) addFormats.default(ajv);
  app.addHook('preValidation', (request, _reply, done) => {
    // Old bodies are still bytes here; they are looked at when they are read. Files are streams.
    done(
      isNestedDeeper(request.body)
        ? new HubError('invalid_body', `The body is nested more than ${String(MOST_LEVELS)} levels deep.`)
        : undefined,
    );
  });
  app.setValidatorCompiler(({ schema, httpPart }) => {
    if (!isRecord(schema)) throw new Error('unreachable: a schema is an object');
    return (httpPart === 'body' ? bodies : texts).compile(schema);
  });
  // Answers are built from typed values; their schemas describe them and never drop a field.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
}
