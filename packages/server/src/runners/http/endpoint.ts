/**
 * A model server as this process sees it: where it is, what may be sent there, and until when it wants to be left alone. All rows of a
 * server share one, so that a server that is busy is not asked by each of them.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpRunner } from '@omtx/contract';
import { fillSettings } from '../../catalog/fill-settings.ts';
import { egressEntryOf, isEgressAllowed } from '../../domain/egress.ts';
import { callOnce, type HttpAnswer } from './http-call.ts';

export interface Outbound {
  /** Hosts that may be called. */
  readonly hosts: readonly string[];
  /** Values of OMTX_SECRET_<NAME>, by the name in lower case. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** The request must not be made: the operator has to change something first. Its message says what. */
export class NotPermitted extends Error {}

export interface EndpointCall {
  readonly method: string;
  /** Below the address of the server, or a whole address. */
  readonly path: string;
  readonly id?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly json?: unknown;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** A server that asks for more is asked again all the same: it may have been restarted. */
const LONGEST_RETRY_AFTER_MS = 15 * 60_000;

export class Endpoint {
  readonly #runner: HttpRunner;
  readonly #base: string;
  readonly #outbound: Outbound;
  /** By this process's own clock. */
  #quietUntilMs = 0;
  #busyInARow = 0;

  /** @param settings values that the operator set, for `{name}` in the address */
  constructor(runner: HttpRunner, settings: Readonly<Record<string, string>>, outbound: Outbound) {
    this.#runner = runner;
    this.#base = baseUrlOf(runner, settings).replace(/\/+$/, '');
    this.#outbound = outbound;
  }

  /** Without path, as people name it. */
  get origin(): string {
    return URL.canParse(this.#base) ? new URL(this.#base).origin : this.#base;
  }

  /** @throws NotPermitted; CallFailed; the reason of the signal when aborted */
  async call({ method, path, id, headers, json, timeoutMs, signal }: EndpointCall): Promise<HttpAnswer> {
    const url = this.#permitted(path.replaceAll('{id}', encodeURIComponent(id ?? '')));
    const common = { accept: 'application/json', ...this.#runner.headers, ...headers, ...this.#authorization() };
    const body = json === undefined ? undefined : JSON.stringify(json);
    const withBody = body === undefined ? common : { ...common, 'content-type': 'application/json' };
    return callOnce({ url, method, headers: withBody, body, timeoutMs, signal });
  }

  /** A file that an answer points to: its address is signed, so the secret does not go along. @throws as `call` does */
  async fetchFile(address: string, timeoutMs: number, signal: AbortSignal): Promise<HttpAnswer> {
    const url = this.#permitted(address);
    return callOnce({ url, method: 'GET', headers: { accept: '*/*' }, timeoutMs, signal });
  }

  /** Waits until the server wants to hear again. @throws the reason of the signal when aborted */
  async waitForQuiet(signal: AbortSignal): Promise<void> {
    for (let leftMs = this.quietMs; leftMs > 0; leftMs = this.quietMs) await sleep(leftMs, undefined, { signal });
  }

  get quietMs(): number {
    return Math.max(0, this.#quietUntilMs - performance.now());
  }

  /** The server has said that it is busy, or could not be reached: nobody asks before it says, else later and later. @returns the pause */
  keepQuiet(retryAfterMs: number | undefined): number {
    // Rows that were sent side by side hear it together: that is one time.
    if (this.quietMs === 0) this.#busyInARow += 1;
    const pauseMs = Math.min(retryAfterMs ?? FIRST_PAUSE_MS * 2 ** Math.min(this.#busyInARow - 1, 10), pauseLimit(retryAfterMs));
    this.#quietUntilMs = Math.max(this.#quietUntilMs, performance.now() + pauseMs);
    return pauseMs;
  }

  isBusy({ status }: HttpAnswer): boolean {
    return (this.#runner.busyStatus ?? [429, 502, 503, 504]).includes(status);
  }

  /** It took a request. */
  isWell(): void {
    this.#busyInARow = 0;
  }

  /** A text of the server without the secrets that it may have repeated. */
  redact(text: string): string {
    return Object.values(this.#outbound.secrets).reduce((clean, secret) => clean.replaceAll(secret, '[secret]'), text);
  }

  #permitted(path: string): URL {
    const address = /^https?:\/\//.test(path) ? path : `${this.#base}${path}`;
    if (!URL.canParse(address)) throw new NotPermitted(`"${address}" is no address of a server; correct the setting it comes from.`);
    const url = new URL(address);
    if (isEgressAllowed(this.#outbound.hosts, url)) return url;
    throw new NotPermitted(
      `Nothing may be sent to ${egressEntryOf(url)}. An operator who wants that adds it to OMTX_EGRESS (--egress) of the worker host.`,
    );
  }

  #authorization(): Readonly<Record<string, string>> {
    const { auth } = this.#runner;
    if (!auth) return {};
    const secret = this.#outbound.secrets[auth.secret];
    if (secret === undefined)
      throw new NotPermitted(
        `The secret "${auth.secret}" is not there: start the worker host with OMTX_SECRET_${auth.secret.toUpperCase()}.`,
      );
    return { [auth.header.toLowerCase()]: auth.scheme === undefined ? secret : `${auth.scheme} ${secret}` };
  }
}

export function baseUrlOf({ baseUrl }: HttpRunner, settings: Readonly<Record<string, string>>): string {
  return fillSettings(baseUrl, settings);
}

function pauseLimit(retryAfterMs: number | undefined): number {
  return retryAfterMs === undefined ? LONGEST_PAUSE_MS : LONGEST_RETRY_AFTER_MS;
}

/** `Retry-After` in seconds or as a date. @param now of the time of day, to which a date is compared */
export function retryAfterMs({ headers }: HttpAnswer, now: number): number | undefined {
  const text = headers['retry-after']?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1_000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
