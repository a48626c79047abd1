/**
 * A client that does what the pages of the first OMTX-Hub do, as far as the wire sees it: the paths in their order, the fallbacks, the words
 * at which a poller stops, and how numbers are printed. It is written from the old contract and shares no code with the hub.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { inflateRawSync } from 'node:zlib';

export type Json = Readonly<Record<string, unknown>>;

/** The pages wait 10 s between two looks; the words are the same. */
const LOOK_EVERY_MS = 500;
const MAX_LOOKS = 600;
const USER = 'user_id=current_user';

export class OldPage {
  readonly #base: string;
  readonly #origin = 'http://localhost:5173';

  constructor(base: string) {
    this.#base = base;
  }

  /** As a browser: the answer is the page's only where the server lets its origin have it. */
  async request(method: string, path: string, body?: object): Promise<Response> {
    const answer = await fetch(`${this.#base}${path}`, {
      method,
      headers: { origin: this.#origin, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    if (answer.headers.get('access-control-allow-origin') !== this.#origin) throw new Error(`${path}: blocked by the browser`);
    return answer;
  }

  async json(method: string, path: string, body?: object): Promise<Json> {
    const answer = await this.request(method, path, body);
    if (!answer.ok) throw new Error(`HTTP error! status: ${String(answer.status)} - ${await answer.text()}`);
    return (await answer.json()) as Json;
  }

  /** What every page does on load; a list of its own is asked for only where the preload has no row of the kind. */
  async preload(kind: 'individual' | 'batch_parent'): Promise<readonly Json[]> {
    const { jobs } = (await this.json('GET', `/api/v3/ultra-fast/unified-jobs?${USER}&lightweight=true&limit=200`)) as { jobs: Json[] };
    const own = jobs.filter((job) => job['type'] === kind);
    if (own.length > 0) return own;
    const list =
      kind === 'individual'
        ? await this.json('GET', `/api/individual-jobs?${USER}&limit=200`)
        : await this.json('GET', `/api/v3/batches/?${USER}&limit=200`);
    return (list['results'] ?? list['batches']) as Json[];
  }

  /** The poller of single jobs: any word but four ends it with an error, and completed needs a result. */
  async pollJob(id: string): Promise<Json> {
    for (let look = 0; look < MAX_LOOKS; look += 1) {
      const job = await this.json('GET', `/api/v2/jobs/${id}`);
      if (job['status'] === 'completed') {
        const result = job['result_data'] ?? job['results'] ?? job['output_data'];
        if (!isJson(result) || Object.keys(result).length === 0) throw new Error('completed without results');
        return result;
      }
      if (job['status'] === 'failed') throw new Error(String(job['error_message']));
      if (job['status'] !== 'running' && job['status'] !== 'pending') throw new Error(`Unknown job status: ${String(job['status'])}`);
      await sleep(LOOK_EVERY_MS);
    }
    throw new Error('gave up');
  }

  /** The poller of batches stops at three words and goes on at any other. */
  async pollBatch(id: string, onLook: (progress: Json) => void): Promise<string> {
    for (let look = 0; look < MAX_LOOKS; look += 1) {
      const status = await this.json('GET', `/api/v3/batches/${id}/status`);
      onLook(status['progress'] as Json);
      const word = String(status['status']);
      if (['completed', 'failed', 'cancelled'].includes(word)) return word;
      await sleep(LOOK_EVERY_MS);
    }
    throw new Error('gave up');
  }

  /** The table of a batch, as the page prints it. */
  async batchTable(id: string): Promise<{ readonly answer: Json; readonly printed: readonly PrintedRow[] }> {
    const answer = await this.json('GET', `/api/v3/batches/${id}/enhanced-results?page=1&page_size=500&include_raw_modal=true`);
    return { answer, printed: (answer['individual_results'] as Json[]).map(printRow) };
  }

  /** The screening page takes the rows of v3 results, and the archive from where they say that it is. */
  async screeningResults(id: string): Promise<{ readonly rows: readonly Json[]; readonly files: ReadonlyMap<string, string> }> {
    const answer = await this.json('GET', `/api/v3/batches/${id}/results?include_files=true`);
    const [archive = ''] = answer['download_urls'] as string[];
    const bytes = await (await this.request('GET', archive)).arrayBuffer();
    return { rows: answer['results'] as Json[], files: readZip(Buffer.from(bytes)) };
  }

  /** The last front end shows what its list says is a single job or a batch, and asks for the rows of a batch in this order. */
  async lastList(): Promise<readonly Json[]> {
    const { jobs } = (await this.json('GET', '/api/v1/jobs?user_id=omtx_deployment_user&page=1&limit=500')) as { jobs: Json[] };
    return jobs.filter((job) => job['job_type'] === 'INDIVIDUAL' || job['job_type'] === 'BATCH_PARENT');
  }

  async lastTable(id: string): Promise<readonly PrintedRow[]> {
    for (const path of [`/api/v1/batches/${id}?page=1&page_size=500&include_raw_modal=true`, `/api/v3/batches/${id}/enhanced-results`]) {
      const answer = await this.request('GET', path);
      if (!answer.ok) continue;
      const rows = ((await answer.json()) as Json)['individual_results'];
      if (Array.isArray(rows) && rows.length > 0) return rows.map(printRow);
    }
    throw new Error('no rows');
  }

  /** The viewer tries five paths, one after another. */
  async structure(batch: string, job: string): Promise<string> {
    const own = `/api/v2/batches/${batch}/jobs/${job}`;
    const paths = [
      `/api/v3/batches/${batch}/jobs/${job}/download/cif`,
      `${own}/download/cif`,
      `/api/v2/jobs/${job}/download/cif`,
      `${own}/structure.cif`,
      `${own}/download/${job}.cif`,
    ];
    for (const path of paths) {
      const answer = await this.request('GET', path);
      if (answer.ok) return answer.text();
    }
    throw new Error('no structure');
  }

  /** My Batches asks what there is, then takes the first that it gets. */
  async downloadBatch(id: string): Promise<{ readonly name: string; readonly files: ReadonlyMap<string, string> }> {
    const info = await this.json('GET', `/api/v2/my-batches/${id}/download-info`);
    for (const path of [
      ...(info['download_endpoints'] as string[]),
      `/api/v2/batches/${id}/download-all`,
      `/api/batches/${id}/download-all`,
    ]) {
      const answer = await this.request('GET', path);
      if (!answer.ok) continue;
      const names = info['user_friendly_names'] as Json;
      return { name: String(names['zip']), files: readZip(Buffer.from(await answer.arrayBuffer())) };
    }
    throw new Error('no archive');
  }

  /** My Batches deletes by v3, and where that is not found by v2. */
  async deleteBatch(id: string): Promise<Json> {
    const answer = await this.request('DELETE', `/api/v3/batches/${id}?${USER}`);
    if (answer.status === 404) return this.json('DELETE', `/api/v2/my-batches/${id}?${USER}`);
    return (await answer.json()) as Json;
  }

  /** My Results opens a row with what the list had, or with the job itself. */
  async view(row: Json): Promise<Json> {
    if (isJson(row['results'])) return row['results'];
    const job = await this.json('GET', `/api/v2/jobs/${String(row['id'])}`);
    return (job['result_data'] ?? job['results']) as Json;
  }
}

export interface PrintedRow {
  readonly job: string;
  readonly ligand: string;
  readonly status: string;
  /** As in its cells; a dash where there is no number. */
  readonly cells: Readonly<Record<string, string>>;
}

const PRINTED = ['affinity', 'affinity_probability', 'confidence', 'ptm_score', 'iptm_score', 'plddt_score'];

/** What is not undefined is printed, so null here blanks the page with an error. */
function printRow(row: Json): PrintedRow {
  const raw = row['raw_modal_result'] as Json;
  const cells = PRINTED.map((name) => [name, raw[name] === undefined ? '-' : (raw[name] as number).toFixed(3)]);
  return {
    job: String(row['job_id']),
    ligand: String(row['ligand_name']),
    status: String(row['status']),
    cells: Object.fromEntries(cells),
  };
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null;
}

/** Files of an archive by its central directory (PKZIP 4.3.12), inflated. */
function readZip(bytes: Buffer): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  const end = bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  let at = bytes.readUInt32LE(end + 16);
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left -= 1) {
    const [method, size] = [bytes.readUInt16LE(at + 10), bytes.readUInt32LE(at + 20)];
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) => bytes.readUInt16LE(at + offset));
    const header = bytes.readUInt32LE(at + 42);
    const start = header + 30 + bytes.readUInt16LE(header + 26) + bytes.readUInt16LE(header + 28);
    const content = bytes.subarray(start, start + size);
    const name = bytes.subarray(at + 46, at + 46 + (nameLength ?? 0)).toString();
    files.set(name, (method === 8 ? inflateRawSync(content) : content).toString());
    at += 46 + (nameLength ?? 0) + (extraLength ?? 0) + (commentLength ?? 0);
  }
  return files;
}
