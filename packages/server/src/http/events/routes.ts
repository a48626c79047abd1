/** Server-sent events of a job. */
import { HubError, ROUTES, type JobEvent } from '@omtx/contract';
import type { FastifyInstance } from 'fastify';
import { followEvents } from '../../services/follow-events.ts';
import type { HttpContext } from '../context.ts';
import { route } from '../route.ts';

/** Proxies cut a silent connection after 30 to 60 s. */
const KEEP_ALIVE_MS = 15_000;

export function registerEvents(app: FastifyInstance, ctx: HttpContext): void {
  route(app, ROUTES.followEvents, async ({ params, raw }, reply) => {
    const gone = new AbortController();
    const close = (): void => {
      gone.abort();
    };
    ctx.closing.addEventListener('abort', close, { once: true });
    raw.raw.on('close', () => {
      ctx.closing.removeEventListener('abort', close);
      close();
    });
    const events = followEvents(ctx.feeds, ctx.principal, params.id, lastEventId(raw.headers['last-event-id']), gone.signal);
    // The first look tells whether there is such a job, while an error can still be an answer.
    const first = events.next();
    await Promise.race([first, pause()]);
    reply.hijack();
    const out = reply.raw;
    // The stream ends with its connection; frames of chunks would make three pieces of each event.
    out.useChunkedEncodingByDefault = false;
    out.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
    out.write(': open\n\n');
    const timer = setInterval(() => out.write(': alive\n\n'), KEEP_ALIVE_MS);
    try {
      for (let next = await first; next.done !== true; next = await events.next()) {
        out.write(frameOf(next.value));
      }
    } catch (error) {
      raw.log.error({ event: 'events_failed', err: error }, 'a stream of events broke off; the reader resumes');
    } finally {
      clearInterval(timer);
      out.end();
    }
    return reply;
  });
}

/** Readers who follow a job live get the same event; its bytes are made once. */
const frames = new WeakMap<JobEvent, Buffer>();

function frameOf(event: JobEvent): Buffer {
  const known = frames.get(event);
  if (known !== undefined) return known;
  const frame = Buffer.from(`id: ${String(event.sequence)}\nevent: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`);
  frames.set(event, frame);
  return frame;
}

function pause(): Promise<undefined> {
  return new Promise((resolve) => {
    setTimeout(resolve, 50, undefined);
  });
}

function lastEventId(header: string | readonly string[] | undefined): number {
  if (header === undefined || header === '') return 0;
  if (typeof header === 'string' && /^\d{1,9}$/.test(header)) return Number(header);
  throw new HubError('invalid_query', 'Last-Event-ID is the id of an event that this stream sent: a number.', [
    { pointer: 'last-event-id', detail: 'no number' },
  ]);
}
