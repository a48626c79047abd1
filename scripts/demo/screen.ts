/** The demo screen: human COX-2 and twelve known drugs, with one broken SMILES, one duplicate and one salt. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobDetail, JobEvent, RowView, SubmitAnswer, SubmitJob } from '@omtx/contract';
import { watch } from '@omtx/cli/watch';
import { ROOT } from '../setup-steps.ts';

/** What the demo needs of the SDK. */
export interface ScreenClient {
  submitJob(body: SubmitJob): Promise<SubmitAnswer>;
  getJob(id: string): Promise<JobDetail>;
  watchJob(id: string, signal: AbortSignal): AsyncIterable<JobEvent>;
  listRows(id: string, query: { sort: 'rank'; limit: number }): Promise<{ rows: readonly RowView[] }>;
}

export interface FinishedScreen {
  readonly job: JobDetail;
  readonly rows: readonly RowView[];
}

const MOST_ROWS = 1_000;
const LINE_EVERY_SECONDS = 5;

export async function demoBody(): Promise<SubmitJob> {
  const text = await readFile(join(ROOT, 'models', 'vina', 'examples', 'cox2-drugs.csv'), 'utf8');
  return {
    name: 'COX-2 demo screen',
    taskType: 'protein_ligand_docking',
    modelId: 'vina',
    input: { receptor: { dockstring: 'PTGS2' }, library: { format: 'csv', text } },
    parameters: { exhaustiveness: 8 },
    seed: 42,
  };
}

/** Shows the job until it is final. */
export async function watchScreen(client: ScreenClient, id: string, out: NodeJS.WriteStream, signal: AbortSignal): Promise<FinishedScreen> {
  const job = await watch(client, id, { signal, out, lineEverySeconds: LINE_EVERY_SECONDS });
  return { job, rows: (await client.listRows(id, { sort: 'rank', limit: MOST_ROWS })).rows };
}

/** What is wrong with a finished screen; empty when it completed and every row has its one outcome. */
export function findFaults({ job, rows }: FinishedScreen): string[] {
  const faults: string[] = [];
  if (job.status !== 'completed') faults.push(`The screen ended as "${job.status}".`);
  if (rows.length !== job.progress.total) faults.push(`${rows.length} rows came back of ${job.progress.total}.`);
  const indexes = new Set(rows.map((row) => row.index));
  for (let index = 0; index < job.progress.total; index++) if (!indexes.has(index)) faults.push(`Row ${index} is missing.`);
  for (const row of rows) if (row.outcome === null) faults.push(`Row ${row.index} has no outcome.`);
  return faults;
}
