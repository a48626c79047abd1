/**
 * Results that a remote backend sends (E). The signature is over the body alone, as the old backend signs it, so a copied request could be
 * sent again with a new time: each call is therefore taken once, by its id.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { isNestedDeeper, isRecord, type FreeObject } from '../../domain/free-object.ts';
import { cancelJob } from '../../services/cancel-job.ts';
import { completeRemoteCall } from '../../services/complete-remote-call.ts';
import { readEntries } from '../../services/read-entries.ts';
import { readRemoteCalls, type RemoteCalls } from '../../services/read-remote-calls.ts';
import type { HttpContext } from '../context.ts';
import { LegacyError } from './errors.ts';
import { hubMetrics } from '../../domain/legacy/hub-metrics.ts';
import { identify } from './present/job.ts';
import { wholeNumber, type Query } from './query.ts';
import { get, idOf, post, type LegacyRequest, type LegacyRoute } from './route.ts';

const TOLERANCE_SECONDS = 300;

export function webhooksRoutes(ctx: HttpContext): readonly LegacyRoute[] {
  const [base, jobs] = ['/api/v3/webhooks', '/api/v4/jobs'];
  return [
    post(`${base}/modal/completion`, jobs, (request) => takeCompletion(ctx, request)),
    get(`${base}/modal/health`, '/health/ready', () => ({
      status: ctx.legacy.webhookSecret === undefined ? 'unconfigured' : 'healthy',
      service: 'modal_webhooks',
      timestamp: new Date().toISOString(),
      features: { hmac_verification: true, timestamp_verification: true, background_processing: true, batch_intelligence: false },
    })),
    post(`${base}/modal/test`, jobs, (request) => {
      verify(ctx, request);
      return { status: 'success', message: 'The signature and the time are accepted' };
    }),
    post(`${base}/configure`, jobs, () => {
      throw new LegacyError(400, 'The secret is set where the hub is started, by MODAL_WEBHOOK_SECRET.');
    }),
    get(`${base}/status`, jobs, async () => ({
      status: ctx.legacy.webhookSecret === undefined ? 'unconfigured' : 'active',
      ...statistics(await readRemoteCalls(ctx.hub, 1)),
    })),
    get(`${base}/active-executions`, jobs, ({ query }) => activeExecutions(ctx, query)),
    post(`${base}/test`, jobs, (request) => {
      verify(ctx, request);
      return { status: 'success', message: 'The signature and the time are accepted' };
    }),
    post(`${base}/executions/:id/cancel`, '/api/v4/jobs/{id}/cancel', async (request) => {
      await cancelJob(ctx.hub, ctx.principal, idOf(request));
      return { status: 'cancelled', execution_id: idOf(request) };
    }),
    get(`${base}/metrics`, jobs, async () => statistics(await readRemoteCalls(ctx.hub, 1))),
    get(`${base}/logs`, jobs, async ({ query }) => ({
      logs: (await readRemoteCalls(ctx.hub, wholeNumber(query, 'limit', { min: 1, max: 1_000, default: 100 }))).newest.map((call) => ({
        timestamp: call.receivedAt.toISOString(),
        call_id: call.callId,
        job_id: call.jobId,
        result: call.result,
      })),
    })),
  ];
}

function statistics({ counts }: RemoteCalls) {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return { total_webhooks: total, by_result: counts };
}

async function activeExecutions(ctx: HttpContext, query: Query) {
  const limit = wholeNumber(query, 'limit', { min: 1, max: 200, default: 100 });
  const { entries, total } = await readEntries(
    ctx.hub,
    ctx.principal,
    { status: 'running', jobTypes: ['individual', 'batch_child'] },
    1,
    limit,
  );
  return {
    active_executions: entries.map((entry) => {
      const { id, name, startedAt } = identify(entry);
      return { execution_id: id, job_id: id, job_name: name, model: entry.job.modelId, started_at: startedAt };
    }),
    total,
  };
}

/** Signature, then time, then what it says: the order of the old server. */
async function takeCompletion(ctx: HttpContext, request: LegacyRequest) {
  const body = parse(verify(ctx, request));
  const callId = body['call_id'];
  if (typeof callId !== 'string' || callId === '' || callId.length > 200) throw new LegacyError(400, 'Missing call_id');
  const result = await completeRemoteCall(ctx.hub, ctx.principal, {
    callId,
    jobId: jobOf(body),
    outcome: body['status'] === 'success' ? successOf(body) : { kind: 'failure', message: messageOf(body) },
  });
  ctx.hub.log.info({ event: 'remote_call', callId, result }, 'a remote backend told a result');
  return { status: 'accepted', call_id: callId };
}

/** @returns the bytes that were signed. @throws LegacyError 401, or 503 where the operator has set no secret: then nothing is believed */
function verify(ctx: HttpContext, { headers, rawBody }: LegacyRequest): Buffer {
  const secret = ctx.legacy.webhookSecret;
  if (secret === undefined) throw new LegacyError(503, 'Webhooks are not configured: set MODAL_WEBHOOK_SECRET and start the hub again.');
  const bytes = rawBody ?? Buffer.alloc(0);
  const expected = createHmac('sha256', secret).update(bytes).digest();
  const given = headers['x-modal-signature'];
  const [, hex = ''] = /^sha256=([0-9a-f]{64})$/i.exec(typeof given === 'string' ? given : '') ?? [];
  const signature = Buffer.from(hex, 'hex');
  if (signature.length !== expected.length || !timingSafeEqual(signature, expected)) throw new LegacyError(401, 'Invalid signature');
  const time = headers['x-modal-timestamp'];
  const seconds = typeof time === 'string' && /^\d{1,12}$/.test(time) ? Number(time) : Number.NaN;
  if (!(Math.abs(Date.now() / 1_000 - seconds) <= TOLERANCE_SECONDS)) throw new LegacyError(401, 'Timestamp too old');
  return bytes;
}

function parse(bytes: Buffer): FreeObject {
  let body: unknown;
  try {
    body = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new LegacyError(400, 'Invalid JSON');
  }
  if (!isRecord(body) || isNestedDeeper(body)) throw new LegacyError(400, 'Invalid JSON');
  return body;
}

/** The job is named in the metadata, in the result, or by the call itself. */
function jobOf(body: FreeObject): string | undefined {
  for (const holder of [body['metadata'], body['result'], body]) {
    const id = isRecord(holder) ? holder['job_id'] : undefined;
    if (typeof id === 'string') return id;
  }
  return undefined;
}

function successOf(body: FreeObject) {
  const result = isRecord(body['result']) ? body['result'] : {};
  const content = result['structure_file_content'];
  const base64 = result['structure_file_base64'];
  const structure =
    typeof content === 'string' ? content : typeof base64 === 'string' ? Buffer.from(base64, 'base64').toString('utf8') : undefined;
  return { kind: 'success' as const, metrics: hubMetrics(result), structure: structure === '' ? undefined : structure };
}

function messageOf(body: FreeObject): string {
  const error = body['error'];
  const message = isRecord(error) ? error['message'] : error;
  return typeof message === 'string' && message !== '' ? message.slice(0, 2_000) : 'The remote backend failed without a message.';
}
