/**
 * A model server that behaves as real ones do, each on demand: it takes work and tells it later (202, `Retry-After`), answers at once, is
 * busy (503, 429), fails inside a 200, loses connections before or after it has taken the work, knows a request again by its key.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Work {
  readonly id: string;
  readonly key: string | undefined;
  readonly request: { readonly smiles?: string; readonly [name: string]: unknown };
  looks: number;
  state: 'running' | 'done' | 'failed' | 'stopped';
}

/** What it does with the next request for work, in place of taking it. */
export type Mishap =
  | { readonly kind: 'answer'; readonly status: number; readonly headers?: Record<string, string>; readonly body?: unknown }
  /** The connection breaks before the work was taken. */
  | { readonly kind: 'break_before' }
  /** The work is taken, and nobody hears of it. */
  | { readonly kind: 'break_after' };

export const SECRET = 'key-that-nobody-may-see';
const FILE = '# a pose\n';

export class ModelServer {
  readonly #server: Server;
  /** All that was taken, in order: what would be paid. */
  readonly works: Work[] = [];
  readonly mishaps: Mishap[] = [];
  /** Times of requests for work, by `performance.now()`. */
  readonly requestTimes: number[] = [];
  /** Headers of the newest request for work. */
  lastHeaders: IncomingMessage['headers'] = {};
  /** Work is done after so many looks; undefined: when `finish` says so. */
  looksUntilDone: number | undefined = 1;
  isReady = true;
  #port = 0;

  private constructor() {
    this.#server = createServer((request, response) => {
      void this.#answer(request, response);
    });
  }

  static async start(port = 0): Promise<ModelServer> {
    const server = new ModelServer();
    await server.listen(port);
    return server;
  }

  async listen(port = this.#port): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Breaks all connections; what it has taken is still there when it listens again. */
  async goAway(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  get host(): string {
    return `127.0.0.1:${String(this.#port)}`;
  }

  get url(): string {
    return `http://${this.host}`;
  }

  finish(state: 'done' | 'failed' = 'done'): void {
    for (const work of this.works) if (work.state === 'running') work.state = state;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '/';
    const say = (status: number, body: unknown, headers: Record<string, string> = {}): void => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
    };
    if (path === '/health') return say(this.isReady ? 200 : 503, {});
    if (path === '/file') return void response.writeHead(200, { 'content-type': 'chemical/x-pdb' }).end(FILE);
    if (request.headers.authorization !== `Bearer ${SECRET}`)
      return say(401, { detail: `unknown key ${request.headers.authorization ?? 'none'}` });
    if (request.method === 'POST') return this.#take(path, request, response, say);
    const work = this.works.find(({ id }) => path.endsWith(`/${encodeURIComponent(id)}`));
    if (!work) return say(404, { detail: 'no such work' });
    if (request.method === 'DELETE') {
      work.state = 'stopped';
      return say(200, {});
    }
    return this.#look(work, say);
  }

  async #take(
    path: string,
    request: IncomingMessage,
    response: ServerResponse,
    say: (status: number, body: unknown, headers?: Record<string, string>) => void,
  ): Promise<void> {
    this.requestTimes.push(performance.now());
    this.lastHeaders = request.headers;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString()) as Work['request'];
    const mishap = this.mishaps.shift();
    if (mishap?.kind === 'answer') return say(mishap.status, mishap.body ?? {}, mishap.headers);
    if (mishap?.kind === 'break_before') return void response.destroy();
    const key = (request.headers['idempotency-key'] ?? body['idempotency_key']) as string | undefined;
    const known = key === undefined ? undefined : this.works.find((work) => work.key === key);
    const work = known ?? { id: `work/${String(this.works.length + 1)}`, key, request: body, looks: 0, state: 'running' as const };
    if (!known) this.works.push(work);
    if (mishap?.kind === 'break_after') return void response.destroy();
    if (path !== '/sync') return say(202, { id: work.id }, { 'x-work-id': work.id });
    work.state = 'done';
    return say(200, this.#result(work));
  }

  #look(work: Work, say: (status: number, body: unknown, headers?: Record<string, string>) => void): void {
    work.looks += 1;
    if (work.state === 'running' && this.looksUntilDone !== undefined && work.looks >= this.looksUntilDone) work.state = 'done';
    if (work.state === 'running') return say(202, { status: 'running' }, { 'retry-after': '0.2' });
    if (work.state !== 'done') return say(200, { status: work.state, details: 'the work broke' });
    return say(200, this.#result(work));
  }

  /** A ligand with iodine fails, as a real one does: inside a 200. */
  #result({ request: { smiles = '' } }: Work): unknown {
    if (smiles.includes('I')) return { status: 'failed', details: 'no pose was found' };
    return {
      status: 'success',
      score: -smiles.length,
      poses: ['ATOM 1\n', '', null, 'ATOM 2\n'],
      confidences: [0.5, null, null, 0.25],
      report: { atoms: smiles.length },
      file: `${this.url}/file`,
    };
  }
}
