/**
 * One request over HTTP, as `node:http` makes it: `fetch` gives up after five minutes without headers, and a model may compute for hours
 * before it answers. No redirect is followed, because it could lead to a host that nobody has allowed.
 */
import { request as requestPlain, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as requestTls } from 'node:https';

export interface HttpRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
}

/** No whole answer came. */
export class CallFailed extends Error {
  /** The request may have reached the server, so nobody knows what it did. */
  readonly mayHaveArrived: boolean;
  readonly isLate: boolean;

  constructor(message: string, facts: { readonly mayHaveArrived: boolean; readonly isLate: boolean }, cause?: unknown) {
    super(message, { cause });
    this.mayHaveArrived = facts.mayHaveArrived;
    this.isLate = facts.isLate;
  }
}

const MIB = 1024 ** 2;
/** Structures with their matrices are tens of MiB. */
export const MAX_ANSWER_BYTES = 512 * MIB;

/** @throws CallFailed; the reason of the signal when aborted */
export async function callOnce({ url, method, headers, body, timeoutMs, signal }: HttpRequest): Promise<HttpAnswer> {
  signal.throwIfAborted();
  const late = AbortSignal.timeout(Math.max(1, Math.min(timeoutMs, 2 ** 31 - 1)));
  let isConnected = false;
  try {
    const request = (url.protocol === 'https:' ? requestTls : requestPlain)(url, {
      method,
      // A connection of its own each: a kept one may be closed by the server just when a request is written to it.
      agent: false,
      headers: { ...headers, ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }) },
      signal: AbortSignal.any([signal, late]),
    });
    request.once('socket', (socket) => {
      socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
        isConnected = true;
      });
    });
    const answer = await responseOf(request, body);
    return { status: answer.statusCode ?? 0, headers: headersOf(answer), body: await bodyOf(answer) };
  } catch (error) {
    signal.throwIfAborted();
    const what = late.aborted ? `no answer within ${String(Math.round(timeoutMs / 1_000))} s` : messageOf(error);
    throw new CallFailed(`${method} ${url.origin}${url.pathname}: ${what}`, { mayHaveArrived: isConnected, isLate: late.aborted }, error);
  }
}

function responseOf(request: ClientRequest, body: string | undefined): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve);
    // Stays: a socket that breaks after the answer has begun is told by the answer, and here once more.
    request.on('error', reject);
    request.end(body);
  });
}

async function bodyOf(answer: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer) {
    if (!Buffer.isBuffer(chunk)) throw new Error('unreachable: an answer without encoding comes in buffers');
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw new Error(`the answer is larger than ${String(MAX_ANSWER_BYTES / MIB)} MiB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function headersOf({ headers }: IncomingMessage): HttpAnswer['headers'] {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]));
}

function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
