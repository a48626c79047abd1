/**
 * `latency.p50_ms`, `latency.p99_ms`: from the sending of a submission to the committed start of its first row, on an idle hub of its own
 * process with a warm worker. The start is seen as the notice that its transaction sends when it commits, so the time of the notice is in it.
 * Options: `--jobs 200`.
 */
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { OmtxClient } from '@omtx/client';
import pg from 'pg';
import { startEmbeddedPostgres } from '../packages/server/src/storage/postgres/supervisor.ts';
import { EVENT_CHANNEL } from '../packages/server/src/storage/notify.ts';
import { newDataDir, startProcess } from '../tests/support/hub-process.ts';
import { percentile, round, tell } from './support.ts';

const { values } = parseArgs({ options: { jobs: { type: 'string', default: '200' } } });
const jobs = Number(values.jobs);
/** The worker is warm and the code compiled. */
const WARM_UP = 20;
/** `submitted` is the first event of a job, `started` the second. */
const STARTED = 2;
const IDLE_MS = 50;

const dataDir = await newDataDir();
const hub = await startProcess('serve', dataDir, { args: ['--cpus', '2'] });
const postgres = await startEmbeddedPostgres({ dataDir, log: () => undefined });
const listening = new pg.Client({ connectionString: postgres.url });
const seenAt = new Map<string, number>();
try {
  await listening.connect();
  listening.on('notification', ({ payload }) => seenAt.set(payload ?? '', performance.now()));
  await listening.query(`listen ${EVENT_CHANNEL}`);
  const client = new OmtxClient({ baseUrl: hub.url });
  const latencies: number[] = [];
  for (let job = 0; job < WARM_UP + jobs; job++) {
    const sentAt = performance.now();
    const { id } = await client.submitJob({
      name: 'latency',
      taskType: 'protein_ligand_docking',
      modelId: 'echo',
      input: { ligand: { smiles: 'CCO' } },
    });
    while (!seenAt.has(`${id}:${String(STARTED)}`)) await sleep(1);
    if (job >= WARM_UP) latencies.push(round((seenAt.get(`${id}:${String(STARTED)}`) ?? Number.NaN) - sentAt));
    while ((await client.getJob(id)).finishedAt === null) await sleep(5);
    // The run ends a moment after its row.
    await sleep(IDLE_MS);
  }
  const common = {
    unit: 'ms',
    n: jobs,
    sizes: { rowsPerJob: 1, clients: 1, workers: 1 },
    versions: { node: process.versions.node, postgres: '18' },
  };
  tell({ claim: 'latency.p50_ms', value: percentile(latencies, 0.5), ...common, samples: { latencies } });
  tell({ claim: 'latency.p99_ms', value: percentile(latencies, 0.99), ...common, samples: {} });
} finally {
  await listening.end();
  await postgres.stop();
  await hub.stop();
  await rm(dataDir, { recursive: true, force: true });
}
