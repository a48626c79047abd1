/** The hub with a model that does nothing, in this process: everything from claim to event is the real thing, only the runner is not a process. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JobId } from '@omtx/contract';
import { pino } from 'pino';
import { loadRegistry } from '../src/catalog/load-registry.ts';
import type { InstalledModel, Registry } from '../src/catalog/registry.ts';
import { Meter } from '../src/observe/meter.ts';
import { WorkerHost } from '../src/dispatch/worker-host.ts';
import type { Runner, RunnerEvent, RunnerHooks, Shard } from '../src/runners/runner.ts';
import { DiskArtifactStore } from '../src/storage/artifacts/disk-artifact-store.ts';
import { openDatabase, type Database } from '../src/storage/database.ts';
import type { NewRow } from '../src/storage/ingest.ts';
import { openListener, type Listener } from '../src/storage/listener.ts';
import { migrate } from '../src/storage/migrate.ts';
import { EVENT_CHANNEL } from '../src/storage/notify.ts';
import { submitTestBatch } from './jobs.ts';

const MODELS = join(import.meta.dirname, 'models');
const MODEL_ID = 'noop';
const CONNECTIONS = 8;

/** Rows are done as fast as they are asked for; each has a score, which is stored. */
class NoOpRunner implements Runner {
  async *run(shard: Shard, hooks: RunnerHooks, signal: AbortSignal): AsyncGenerator<RunnerEvent> {
    yield { kind: 'opened', setupSeconds: 0, files: [], notes: [] };
    for (const { index, attempt } of shard.rows) {
      if (signal.aborted || !(await hooks.beforeRow(index))) continue;
      const outcome = { kind: 'completed', metrics: { 'noop.score': index % 1_000 }, tables: {}, files: [], notes: [] } as const;
      yield { kind: 'outcome', index, attempt, startedAtMs: performance.now(), outcome };
    }
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }
}

export interface HubSizes {
  /** Worker hosts, each with one run at a time. */
  readonly hosts: number;
  /** Rows of a run. */
  readonly shardRows: number;
}

export class NoOpHub {
  readonly #db: Database;
  readonly #listener: Listener;
  readonly #hosts: readonly WorkerHost[];
  readonly #folder: string;

  private constructor(db: Database, listener: Listener, hosts: readonly WorkerHost[], folder: string) {
    this.#db = db;
    this.#listener = listener;
    this.#hosts = hosts;
    this.#folder = folder;
  }

  static async open(databaseUrl: string, { hosts, shardRows }: HubSizes): Promise<NoOpHub> {
    await migrate(databaseUrl);
    const db = openDatabase(databaseUrl, CONNECTIONS);
    const listener = openListener(databaseUrl, () => undefined);
    const folder = await mkdtemp(join(tmpdir(), 'omtx-drain-'));
    const registry = await noOpRegistry(shardRows);
    const artifacts = new DiskArtifactStore(join(folder, 'artifacts'));
    const started: WorkerHost[] = [];
    for (let host = 0; host < hosts; host++) {
      const runFolder = join(folder, String(host));
      const parts = { db, listener, artifacts, registry: () => registry, runner: new NoOpRunner() };
      const options = { ...parts, log: pino({ level: 'silent' }), meter: new Meter() };
      started.push(await WorkerHost.start({ ...options, databaseUrl, cpus: 1, gpus: [], folder: runFolder }));
    }
    return new NoOpHub(db, listener, started, folder);
  }

  /** Stores batches and waits until their last rows have an outcome. @returns rows per second, from the commit of the first batch */
  async drain(batches: number, rowsPerBatch: number): Promise<number> {
    const open = new Set<string>();
    const finished = Promise.withResolvers<undefined>();
    const unsubscribe = await this.#listener.subscribe(EVENT_CHANNEL, (payload) => {
      void this.#isFinished(payload).then((id) => {
        if (id !== undefined && open.delete(id) && open.size === 0) finished.resolve(undefined);
      });
    });
    // Stored while paused, so that storing and draining are told apart.
    for (let batch = 0; batch < batches; batch++) open.add(await this.#ingest(rowsPerBatch));
    const startedAt = performance.now();
    await this.#resume([...open]);
    await finished.promise;
    const seconds = (performance.now() - startedAt) / 1_000;
    unsubscribe();
    return (batches * rowsPerBatch) / seconds;
  }

  async close(): Promise<void> {
    for (const host of this.#hosts) await host.stop();
    await this.#listener.close();
    await this.#db.destroy();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #isFinished(payload: string | undefined): Promise<string | undefined> {
    const [id = '', sequence] = (payload ?? '').split(':');
    if (sequence === undefined) return undefined;
    const job = await this.#db
      .selectFrom('jobs')
      .select('finished_at')
      .where('id', '=', id as JobId)
      .executeTakeFirst();
    return job?.finished_at ? id : undefined;
  }

  #ingest(rowCount: number): Promise<string> {
    const rows = Array.from({ length: rowCount }, (_, index) => newRow(index));
    const job = { taskType: 'protein_ligand_docking', modelId: 'paused', modelVersion: '1.0.0', name: 'drain', rankBy: 'noop.score' };
    return submitTestBatch(this.#db, rows, job);
  }

  async #resume(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      await this.#db
        .updateTable('jobs')
        .set({ model_id: MODEL_ID })
        .where('id', '=', id as JobId)
        .execute();
    }
    for (const host of this.#hosts) host.wake(MODEL_ID);
  }
}

/** About 150 bytes, as a ligand has. */
function newRow(index: number): NewRow {
  const smiles = `CC(C)Cc1ccc(cc1)[C@@H](C)C(=O)N${'C'.repeat(index % 20)}Oc1ccc2c(c1)c(CC(=O)O)c(C)n2C(=O)c1ccc(Cl)cc1`;
  return {
    line: index + 1,
    name: `row ${String(index)}`,
    input: { ligand: { smiles } },
    original: null,
    canonicalSmiles: smiles,
    rejection: null,
    reusedFrom: null,
  };
}

async function noOpRegistry(shardRows: number): Promise<Registry> {
  const { models, metrics } = await loadRegistry({
    folders: [MODELS],
    findEnvironment: () => Promise.resolve(undefined),
    offeredModels: [],
  });
  const echo = models.get('echo');
  if (echo?.kind !== 'installed') throw new Error('the test model "echo" is missing');
  const { manifest } = echo.model;
  const model: InstalledModel = {
    ...echo.model,
    manifest: {
      ...manifest,
      id: MODEL_ID,
      shard: { ...manifest.shard, maxRows: shardRows },
      timing: { setupSeconds: 0, rowSeconds: 1e-5 },
    },
  };
  const state = { kind: 'installed', model } as const;
  return { models: new Map([[MODEL_ID, state]]), versions: new Map([[MODEL_ID, [state]]]), broken: [], metrics };
}
