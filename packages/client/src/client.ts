/** The typed SDK over `/api/v4`, for browser and Node: nothing but fetch and streams. */
import {
  CURSOR_HEADER,
  VERSION_HEADER,
  type BatchAnswer,
  type Campaign,
  type CampaignAnswer,
  type CampaignQuote,
  type CampaignSummary,
  type CampaignTable,
  type BulkAnswer,
  type BulkJobs,
  type CancelJob,
  type CompoundAnswer,
  type ChangeLimits,
  type ChangeProject,
  type DeletedJob,
  type Project,
  type StoredFiles,
  type Swept,
  type Limits,
  type CloneJob,
  type ExportFormat,
  type JobDetail,
  type JobEvent,
  type JobStatus,
  type JobSummary,
  type LegacyUsage,
  type MetricDefinition,
  type ModelDetail,
  type ModelSummary,
  type Problem,
  type Quote,
  type RetryAnswer,
  type RetryJob,
  type CacheFigures,
  type RecountAnswer,
  type QueuesAnswer,
  type RowDetail,
  type RowMatches,
  type RowsAnswer,
  type RowView,
  type RowViewText,
  type Statistics,
  type SubmitAnswer,
  type SubmitCampaign,
  type SubmitJob,
  type TaskType,
  type Upload,
  type UploadQuery,
  type WorkerView,
} from '@omtx/contract';
import type { Static } from 'typebox';
import { parseEventStream } from './event-stream.ts';
import { OmtxProblem, OmtxUnreachable } from './problem.ts';

export interface ClientOptions {
  /** Such as `http://127.0.0.1:8000`, without a path. */
  readonly baseUrl: string;
  readonly fetch?: typeof fetch;
}

export type { ExportFormat };

export interface JobsQuery {
  readonly status?: JobStatus;
  readonly jobType?: 'individual' | 'batch_parent';
  readonly taskType?: string;
  readonly modelId?: string;
  readonly name?: string;
  readonly tag?: string;
  readonly project?: string;
  readonly createdFrom?: string;
  readonly createdBefore?: string;
  readonly minScore?: number;
  readonly maxScore?: number;
  readonly sort?: string;
  readonly page?: number;
  readonly search?: string;
  readonly limit?: number;
  readonly cursor?: string;
}

export interface JobsPage {
  readonly jobs: readonly JobSummary[];
  readonly nextCursor: string | null;
  readonly total: number;
  /** Words of the search that no job has, and what was looked for in their place. */
  readonly corrections: readonly { readonly word: string; readonly as: readonly string[] }[];
}

/** All of them must be so; none given lists every model. */
export interface ModelsQuery {
  readonly task?: string | undefined;
  /** Part of the licence of code or weights. */
  readonly license?: string | undefined;
  readonly commercialUse?: 'allowed' | 'forbidden' | 'unclear' | undefined;
  readonly gpu?: 'none' | 'helpful' | 'required' | undefined;
  readonly state?: 'installed' | 'offered' | 'not_installed' | 'disabled' | undefined;
  readonly status?: 'runs_here' | 'adapter_tested' | 'manifest_only' | undefined;
  readonly search?: string | undefined;
}

export interface ModelsAnswer {
  readonly models: readonly Static<typeof ModelSummary>[];
  readonly broken: readonly { readonly folder: string; readonly reasons: readonly string[] }[];
}

export interface TaskWithModels extends TaskType {
  /** Ids of the models that answer it. */
  readonly models: readonly string[];
}

export interface RowsQuery extends RowViewText {
  readonly limit?: number;
  readonly cursor?: string;
}

export interface CampaignTableView {
  /** Target that differences and selectivity are taken against; the first where left out. */
  readonly reference?: string;
  /** `index`, `consensus`, `selectivity` or `arm:N`, with `-` turned around. */
  readonly sort?: string;
}

/** Places of the order vector of `version`; rows at the indexes of a held vector are asked for by `rowsAt`. */
export interface RowRange extends RowViewText {
  readonly from: number;
  readonly to: number;
  readonly version?: string;
}

/** A view, or rows chosen one by one in the order that they shall have; not both. */
export interface ExportView extends RowViewText {
  readonly rows?: number[];
}

export interface ExportFile {
  /** Equal versions mean equal rows. */
  readonly version: string;
  /** Number of the job's last event that is in it; `watchJob` goes on from there. */
  readonly cursor: number;
  readonly content: ReadableStream<Uint8Array>;
}

/** Indexes of the rows of a view, in order; equal versions mean equal rows. */
export interface RowOrder {
  readonly version: string;
  readonly indexes: Uint32Array;
}

/** Wait before the first reconnect; doubled up to the last one. */
const FIRST_WAIT_MS = 250;
const LAST_WAIT_MS = 5_000;

/** All methods throw `OmtxProblem` where the hub refuses and `OmtxUnreachable` where none answers. */
export class OmtxClient {
  readonly #baseUrl: string;
  readonly #fetch: typeof fetch;

  constructor({ baseUrl, fetch: given = fetch }: ClientOptions) {
    this.#baseUrl = baseUrl.replace(/\/+$/, '');
    this.#fetch = given;
  }

  submitJob(body: SubmitJob): Promise<SubmitAnswer> {
    return this.#json('/jobs', post(body));
  }

  /** What a submission of this body would be; nothing is stored. */
  quoteJob(body: SubmitJob): Promise<Quote> {
    return this.#json('/quote', post(body));
  }

  /** Several targets by several models; each pair becomes a job. */
  submitCampaign(body: SubmitCampaign): Promise<CampaignAnswer> {
    return this.#json('/campaigns', post(body));
  }

  /** What a campaign of this body would be; nothing is stored. */
  quoteCampaign(body: SubmitCampaign): Promise<CampaignQuote> {
    return this.#json('/campaigns/quote', post(body));
  }

  /** The newest first. */
  listCampaigns(
    query: { readonly limit?: number; readonly cursor?: string } = {},
  ): Promise<{ readonly campaigns: readonly CampaignSummary[]; readonly nextCursor: string | null }> {
    return this.#json(`/campaigns${queryString(query)}`);
  }

  getCampaign(id: string): Promise<Campaign> {
    return this.#json(`/campaigns/${encodeURIComponent(id)}`);
  }

  campaignTable(id: string, query: CampaignTableView & { readonly limit?: number; readonly cursor?: string } = {}): Promise<CampaignTable> {
    return this.#json(`/campaigns/${encodeURIComponent(id)}/table${queryString(query)}`);
  }

  /** The whole table as CSV. */
  async campaignCsv(id: string, view: CampaignTableView = {}): Promise<string> {
    return (await this.#request(`/campaigns/${encodeURIComponent(id)}/table.csv${queryString(view)}`, {})).text();
  }

  /** Every job of it that has not ended. */
  cancelCampaign(id: string): Promise<Campaign> {
    return this.#json(`/campaigns/${encodeURIComponent(id)}/cancel`, { method: 'POST' });
  }

  /** With all of its jobs and their results. */
  deleteCampaign(id: string): Promise<{ readonly deleted: number }> {
    return this.#json(`/campaigns/${encodeURIComponent(id)}`, { method: 'DELETE' });
  }

  /** Sends a library; name it as `input.library.uploadId` of a submission. @param query `id`: chosen here, to ask by `getUpload` how far it is */
  upload(file: Blob | ReadableStream<Uint8Array>, query: UploadQuery = {}, signal?: AbortSignal): Promise<Upload> {
    // A body that is a stream needs `duplex`, which not every description of fetch knows.
    const init: RequestInit & { readonly duplex: 'half' } = {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream' },
      body: file,
      duplex: 'half',
      ...(signal && { signal }),
    };
    return this.#json(`/uploads${queryString(query)}`, init);
  }

  getUpload(id: string): Promise<Upload> {
    return this.#json(`/uploads/${encodeURIComponent(id)}`);
  }

  deleteUpload(id: string): Promise<{ readonly deleted: number }> {
    return this.#json(`/uploads/${encodeURIComponent(id)}`, { method: 'DELETE' });
  }

  getJob(id: string): Promise<JobDetail> {
    return this.#json(`/jobs/${encodeURIComponent(id)}`);
  }

  getRow(id: string, index: number): Promise<RowDetail> {
    return this.#json(`/jobs/${encodeURIComponent(id)}/rows/${String(index)}`);
  }

  /** The newest first. */
  listJobs(query: JobsQuery = {}): Promise<JobsPage> {
    return this.#json(`/jobs${queryString(query)}`);
  }

  listRows(id: string, query: RowsQuery | RowRange = {}): Promise<Static<typeof RowsAnswer>> {
    return this.#json(`/jobs/${encodeURIComponent(id)}/rows${queryString(query)}`);
  }

  /** At most 1,000 rows by their indexes, in that order. */
  rowsAt(id: string, indexes: readonly number[]): Promise<Static<typeof RowsAnswer>> {
    return this.#json(`/jobs/${encodeURIComponent(id)}/rows${queryString({ indexes: indexes.join(',') })}`);
  }

  /** Parent, a page of its rows and statistics, all of one moment. */
  getBatch(id: string, query: RowsQuery = {}): Promise<BatchAnswer> {
    return this.#json(`/jobs/${encodeURIComponent(id)}/batch${queryString(query)}`);
  }

  async rowOrder(id: string, query: RowViewText = {}): Promise<RowOrder> {
    const response = await this.#request(`/jobs/${encodeURIComponent(id)}/rows/order${queryString(query)}`, {});
    const numbers = new DataView(await response.arrayBuffer());
    const indexes = Uint32Array.from({ length: numbers.byteLength / 4 }, (_, place) => numbers.getUint32(4 * place, true));
    return { version: response.headers.get(VERSION_HEADER) ?? '', indexes };
  }

  /** A column of all rows for each name, in input order; NaN where a row has no value. */
  async rowColumns(id: string, names: readonly string[]): Promise<{ readonly version: string; readonly columns: readonly Float32Array[] }> {
    const response = await this.#request(`/jobs/${encodeURIComponent(id)}/rows/columns${queryString({ names: names.join(',') })}`, {});
    const numbers = new DataView(await response.arrayBuffer());
    const rows = numbers.byteLength / 4 / names.length;
    const columns = names.map((_name, column) =>
      Float32Array.from({ length: rows }, (_, row) => numbers.getFloat32(4 * (column * rows + row), true)),
    );
    return { version: response.headers.get(VERSION_HEADER) ?? '', columns };
  }

  /** How often each path of the first OMTX-Hub is still called. */
  legacyUsage(): Promise<Static<typeof LegacyUsage>> {
    return this.#json('/legacy-usage');
  }

  /** Rows of all pages, as they are when each page is read. */
  async *allRows(id: string, query: Omit<RowsQuery, 'cursor'> = {}): AsyncGenerator<RowView> {
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page = await this.listRows(id, { ...query, ...(cursor === undefined ? {} : { cursor }) });
      yield* page.rows;
      cursor = page.nextCursor;
    }
  }

  /** Every row in input order where nothing is said; all of one moment, also while the job runs. */
  async exportRows(id: string, format: ExportFormat, query: ExportView = {}): Promise<ExportFile> {
    const path = `/jobs/${encodeURIComponent(id)}/export`;
    const { rows, ...view } = query;
    const response = await (rows === undefined
      ? this.#request(`${path}${queryString({ format, ...view })}`, {})
      : this.#request(path, post({ format, ...query })));
    return {
      version: response.headers.get(VERSION_HEADER) ?? '',
      cursor: Number(response.headers.get(CURSOR_HEADER) ?? 0),
      content: bodyOf(response),
    };
  }

  async getArtifact(id: string, sha256: string): Promise<ReadableStream<Uint8Array>> {
    return bodyOf(await this.#request(`/jobs/${encodeURIComponent(id)}/artifacts/${encodeURIComponent(sha256)}`, {}));
  }

  listModels(query: ModelsQuery = {}): Promise<ModelsAnswer> {
    return this.#json(`/models${queryString(query)}`);
  }

  getModel(id: string): Promise<Static<typeof ModelDetail>> {
    return this.#json(`/models/${encodeURIComponent(id)}`);
  }

  listTasks(): Promise<{ readonly tasks: readonly TaskWithModels[] }> {
    return this.#json('/tasks');
  }

  /** Worker hosts, those that live first. */
  listWorkers(): Promise<{ readonly workers: readonly Static<typeof WorkerView>[] }> {
    return this.#json('/workers');
  }

  /** What waits and runs, and jobs that stand still with their reasons. */
  getQueues(): Promise<Static<typeof QueuesAnswer>> {
    return this.#json('/operator/queues');
  }

  listMetrics(): Promise<{ readonly metrics: readonly MetricDefinition[] }> {
    return this.#json('/metrics');
  }

  /** The whole job, one child by its id, or rows of a batch. */
  /** Tag, untag, cancel or delete many jobs. Without `confirm` nothing changes; the answer's `found` is the number to confirm. */
  bulkJobs(wish: BulkJobs): Promise<BulkAnswer> {
    return this.#json('/jobs/bulk', post(wish));
  }

  /** One compound in all jobs, by InChIKey (or its first block) or by SMILES. */
  findCompound(query: {
    readonly inchikey?: string;
    readonly smiles?: string;
    readonly limit?: number;
    readonly cursor?: string;
  }): Promise<CompoundAnswer> {
    return this.#json(`/compounds${queryString(query)}`);
  }

  /** How many ligands hold a structure, so far; the search goes on until `isDone`. */
  countRowMatches(id: string, query: Pick<RowViewText, 'substructure' | 'similarTo' | 'minSimilarity'>): Promise<RowMatches> {
    return this.#json(`/jobs/${encodeURIComponent(id)}/rows/matches${queryString(query)}`);
  }

  cancelJob(id: string, wish: CancelJob = null): Promise<JobSummary> {
    return this.#change(id, 'cancel', wish);
  }

  /** All failed rows where nothing is chosen; earlier attempts are kept. */
  retryJob(id: string, wish: RetryJob = null): Promise<RetryAnswer> {
    return this.#change(id, 'retry', wish);
  }

  /** Totals, times and activity, and how the caches do. */
  statistics(): Promise<Statistics & { readonly cache: Readonly<Record<string, Static<typeof CacheFigures>>> }> {
    return this.#json('/statistics');
  }

  /** Counts anew what the hub keeps, and mends what differs. */
  recount(): Promise<RecountAnswer> {
    return this.#json('/operator/recount', { method: 'POST' });
  }

  /** Projects, and how long their finished jobs are kept. */
  listProjects(): Promise<{ readonly projects: readonly Project[] }> {
    return this.#json('/projects');
  }

  changeProject(name: string, wish: ChangeProject): Promise<{ readonly projects: readonly Project[] }> {
    return this.#json(`/projects/${encodeURIComponent(name)}`, { ...post(wish), method: 'PATCH' });
  }

  /** The last deleted first. */
  listDeletedJobs(limit = 100): Promise<{ readonly jobs: readonly DeletedJob[] }> {
    return this.#json(`/deleted-jobs${queryString({ limit })}`);
  }

  storedFiles(): Promise<StoredFiles> {
    return this.#json('/operator/files');
  }

  /** Takes away now what is over; the hub does so every few minutes. */
  sweep(): Promise<Swept> {
    return this.#json('/operator/files/sweep', { method: 'POST' });
  }

  /** Weights and limits of owners, limits of models, and what is in use. */
  limits(): Promise<Limits> {
    return this.#json('/operator/limits');
  }

  /** What is left out stays as it is; they hold from the next claim on. */
  changeLimits(wish: ChangeLimits): Promise<Limits> {
    return this.#json('/operator/limits', { ...post(wish), method: 'PATCH' });
  }

  /** Rows in flight end; no other starts until `resumeJob`. */
  pauseJob(id: string): Promise<JobSummary> {
    return this.#change(id, 'pause', null);
  }

  resumeJob(id: string): Promise<JobSummary> {
    return this.#change(id, 'resume', null);
  }

  /** A new job with the input of this one and the changes given. */
  cloneJob(id: string, wish: CloneJob = null): Promise<SubmitAnswer> {
    return this.#change(id, 'clone', wish);
  }

  /**
   * Events in order, each once, from after `after`; ends behind the last one of a job that is finished (a job that was retried has
   * finished before, and goes on). A lost connection is taken up where it broke off.
   * @throws OmtxProblem where there is no such job; the reason of the signal when it is aborted
   */
  async *watchJob(id: string, signal?: AbortSignal, after = 0): AsyncGenerator<JobEvent> {
    let seen = after;
    let waitMs = FIRST_WAIT_MS;
    let last: JobEvent['kind'] | undefined;
    for (;;) {
      try {
        for await (const event of this.#events(id, seen, signal)) {
          waitMs = FIRST_WAIT_MS;
          if (event.sequence <= seen) continue;
          seen = event.sequence;
          last = event.kind;
          yield event;
        }
        if (last === 'finished') return;
      } catch (error) {
        signal?.throwIfAborted();
        if (error instanceof OmtxProblem) throw error;
      }
      await pause(waitMs, signal);
      waitMs = Math.min(2 * waitMs, LAST_WAIT_MS);
    }
  }

  #change<T>(id: string, what: string, wish: object | null): Promise<T> {
    return this.#json(`/jobs/${encodeURIComponent(id)}/${what}`, wish === null ? { method: 'POST' } : post(wish));
  }

  async *#events(id: string, after: number, signal: AbortSignal | undefined): AsyncGenerator<JobEvent> {
    const init = { headers: { accept: 'text/event-stream', 'last-event-id': String(after) }, ...(signal && { signal }) };
    const response = await this.#request(`/jobs/${encodeURIComponent(id)}/events`, init);
    if (!response.body) return;
    const stream: AsyncIterable<string> = readText(response.body);
    for await (const { data } of parseEventStream(stream)) {
      yield parse<JobEvent>(data);
    }
  }

  async #json<T>(path: string, init: RequestInit = {}): Promise<T> {
    const response = await this.#request(path, init);
    return parse<T>(await response.text());
  }

  async #request(path: string, init: RequestInit): Promise<Response> {
    const url = `${this.#baseUrl}/api/v4${path}`;
    const response = await this.#fetch(url, init).catch((error: unknown) => {
      init.signal?.throwIfAborted();
      throw new OmtxUnreachable(this.#baseUrl, error);
    });
    if (response.ok) return response;
    if (response.headers.get('content-type')?.startsWith('application/problem+json') !== true) {
      throw new OmtxUnreachable(this.#baseUrl, new Error(`it answered ${String(response.status)}`));
    }
    throw new OmtxProblem(parse<Problem>(await response.text()));
  }
}

/** The hub's answers are checked against the same schemas by the hub's own tests; here they are taken at their word. */
function parse<T>(text: string): T {
  return JSON.parse(text);
}

function post(body: object): RequestInit {
  return { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

function queryString(query: object): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) parameters.set(name, String(value));
  return parameters.size === 0 ? '' : `?${parameters.toString()}`;
}

function bodyOf({ body }: Response): ReadableStream<Uint8Array> {
  return body ?? new ReadableStream({ start: (controller) => controller.close() });
}

async function* readText(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield decoder.decode(value, { stream: true });
    }
  } finally {
    await reader.cancel().catch(() => undefined); // The connection may be gone already.
  }
}

function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener('abort', done, { once: true });
    function done() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      if (signal?.aborted) reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
      else resolve();
    }
  });
}
