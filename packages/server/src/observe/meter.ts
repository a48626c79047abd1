/** What this process counts of its own work, in the form that Prometheus reads. One for a process; each test makes its own. */
import type { FailureCode } from '@omtx/contract';
import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';

export interface AnsweredRequest {
  readonly method: string;
  /** The path as it was registered, with its parameters unnamed, so that there are as many series as routes. */
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
}

/** From a cached read to an upload of a million rows, in seconds. */
const REQUEST_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60];

/** Names are `omtx_<what>_<unit>`; `docs/observe.md` lists them. */
export class Meter {
  readonly registry = new Registry();
  readonly #requests = new Histogram({
    name: 'omtx_http_request_duration_seconds',
    help: 'Time from request to the end of its answer, by route.',
    labelNames: ['method', 'route', 'status'],
    buckets: REQUEST_SECONDS,
    registers: [this.registry],
  });
  readonly #runsStarted = this.#counter('omtx_runs_started_total', 'Runs that this host has claimed.', ['model']);
  readonly #rowsRun = this.#counter('omtx_rows_run_total', 'Attempts of rows that ended on this host, by what the model said.', [
    'model',
    'result',
  ]);
  readonly #failures = this.#counter('omtx_row_failures_total', 'Attempts of rows that failed on this host, by failure code.', [
    'model',
    'code',
  ]);
  readonly #leasesLost = this.#counter('omtx_leases_lost_total', 'Runs whose lease was over and whose rows this process put back.', []);

  /** Memory, CPU, event loop and garbage of the process itself. */
  watchProcess(): void {
    collectDefaultMetrics({ register: this.registry });
  }

  countRequest({ method, route, status, seconds }: AnsweredRequest): void {
    this.#requests.observe({ method, route, status: String(status) }, seconds);
  }

  countRunStarted(model: string): void {
    this.#runsStarted.inc({ model });
  }

  countCompleted(model: string, rows: number): void {
    if (rows > 0) this.#rowsRun.inc({ model, result: 'completed' }, rows);
  }

  countFailed(model: string, codes: readonly FailureCode[]): void {
    if (codes.length > 0) this.#rowsRun.inc({ model, result: 'failed' }, codes.length);
    for (const code of codes) this.#failures.inc({ model, code });
  }

  countLeaseLost(): void {
    this.#leasesLost.inc();
  }

  #counter<Label extends string>(name: string, help: string, labelNames: readonly Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames: [...labelNames], registers: [this.registry] });
  }
}
