/**
 * `push.p99_ms`, `push.subscribers`: from the commit of an event to its arrival at each of 1,000 readers of server-sent events of one job.
 * The hub is a process of its own; the clock starts before the commit is sent, so the commit itself is in the time.
 * Options: `--subscribers 1000 --events 50`.
 */
import { rm } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { OmtxClient } from '@omtx/client';
import type { JobId } from '@omtx/contract';
import { openDatabase } from '../packages/server/src/storage/database.ts';
import { appendEvent } from '../packages/server/src/storage/events.ts';
import { startEmbeddedPostgres } from '../packages/server/src/storage/postgres/supervisor.ts';
import { newDataDir, startProcess } from '../tests/support/hub-process.ts';
import { percentile, round, tell } from './support.ts';

const { values } = parseArgs({ options: { subscribers: { type: 'string', default: '1000' }, events: { type: 'string', default: '50' } } });
const subscribers = Number(values.subscribers);
const events = Number(values.events);
const PAUSE_MS = 250;
const ARRIVAL_LIMIT_MS = 30_000;

/** Arrival times of each event, by its sequence. */
const arrivals = new Map<number, number[]>();

function subscribe(url: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get(url, (answer) => {
      answer.setEncoding('utf8');
      answer.on('error', () => undefined); // The hub ends the stream when the bench is over.
      answer.on('data', (text: string) => {
        const now = performance.now();
        for (const [, sequence] of text.matchAll(/^id: (\d+)$/gm)) {
          const seen = arrivals.get(Number(sequence)) ?? [];
          arrivals.set(Number(sequence), seen);
          seen.push(now);
        }
      });
      resolve(answer);
    }).on('error', reject);
  });
}

async function untilAllSaw(sequence: number): Promise<void> {
  for (const deadline = performance.now() + ARRIVAL_LIMIT_MS; (arrivals.get(sequence)?.length ?? 0) < subscribers; await sleep(5)) {
    if (performance.now() > deadline)
      throw new Error(
        `Event ${String(sequence)} reached ${String(arrivals.get(sequence)?.length ?? 0)} of ${String(subscribers)} readers.`,
      );
  }
}

const dataDir = await newDataDir();
const hub = await startProcess('serve', dataDir, { args: ['--no-work'] });
const postgres = await startEmbeddedPostgres({ dataDir, log: () => undefined });
const db = openDatabase(postgres.url, 2);
const streams: IncomingMessage[] = [];
try {
  const client = new OmtxClient({ baseUrl: hub.url });
  const ligands = [{ smiles: 'CCO' }, { smiles: 'CCN' }];
  const { id } = await client.submitJob({ name: 'push', taskType: 'protein_ligand_docking', modelId: 'echo', input: { ligands } });
  for (let reader = 0; reader < subscribers; reader += 50) {
    streams.push(
      ...(await Promise.all(
        Array.from({ length: Math.min(50, subscribers - reader) }, () => subscribe(`${hub.url}/api/v4/jobs/${id}/events`)),
      )),
    );
  }
  await untilAllSaw(1);
  const latencies: number[] = [];
  for (let event = 0; event < events; event++) {
    const sequence = event + 2;
    const committedAt = await db.transaction().execute(async (tx) => {
      await appendEvent(tx, id as JobId, 'progress', [0, 1]);
      return performance.now();
    });
    await untilAllSaw(sequence);
    latencies.push(...(arrivals.get(sequence) ?? []).map((at) => at - committedAt));
    await sleep(PAUSE_MS);
  }
  const quantiles = {
    p50: [round(percentile(latencies, 0.5))],
    p90: [round(percentile(latencies, 0.9))],
    p99: [round(percentile(latencies, 0.99))],
    most: [round(Math.max(...latencies))],
  };
  const common = {
    n: latencies.length,
    sizes: { subscribers, events, jobs: 1 },
    versions: { node: process.versions.node, postgres: '18' },
    samples: quantiles,
  };
  tell({ claim: 'push.p99_ms', value: round(percentile(latencies, 0.99)), unit: 'ms', ...common });
  tell({ claim: 'push.subscribers', value: subscribers, unit: 'readers, each of whom got every event', ...common });
} finally {
  for (const stream of streams) stream.destroy();
  await db.destroy();
  await postgres.stop();
  await hub.stop();
  await rm(dataDir, { recursive: true, force: true });
}
