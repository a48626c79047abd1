/** What must be true of a screen after any fault, read from the database and the disk rather than from the hub that is judged. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { expect } from 'vitest';

export interface Judged {
  readonly databaseUrl: string;
  readonly dataDir: string;
  readonly jobId: string;
  readonly rows: number;
  /** Rows that may have failed, because a fault hit them twice. */
  readonly mayFail: number;
}

interface Row {
  readonly index: number;
  readonly outcome: string | null;
  readonly status: string;
  readonly code: string | null;
  readonly message: string | null;
  readonly attempt: number;
  readonly earlier: number;
  readonly smiles: string | null;
  readonly original: string | null;
  readonly artifacts: readonly { readonly sha256: string; readonly sizeBytes: number }[] | null;
}

/** Every row has one outcome; counters equal the fold; artifacts have their checksum and are of their row; nothing is held or waiting any more. */
export async function expectHonest(judged: Judged): Promise<void> {
  const client = new pg.Client({ connectionString: judged.databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<Row>(
      `select r.index, r.outcome, r.status, r.code, r.message, r.attempt, r.input #>> '{ligand,smiles}' as smiles, o.input #>> '{ligand,smiles}' as original,
         (select count(*)::int from attempts a where a.batch_id = r.batch_id and a.index = r.index) as earlier, d.artifacts
       from batch_rows r
       left join batch_rows o on o.batch_id = r.batch_id and o.index = r.reused_from
       left join row_details d on d.batch_id = r.batch_id and d.index = coalesce(case when r.outcome = 'reused' then r.reused_from end, r.index)
       where r.batch_id = $1 order by r.index`,
      [judged.jobId],
    );
    expect(rows.map((row) => row.index)).toEqual(Array.from({ length: judged.rows }, (_, index) => index));
    expectOneOutcomeEach(rows, judged.mayFail);
    expectArtifacts(rows, judged.dataDir);
    await expectCountersEqualFold(client, judged.jobId, rows);
    await expectNothingHeld(client, judged.jobId);
  } finally {
    await client.end();
  }
}

function expectOneOutcomeEach(rows: readonly Row[], mayFail: number): void {
  expect(rows.filter((row) => row.outcome === null)).toEqual([]);
  const failed = rows.filter((row) => row.outcome === 'failed');
  const told = failed
    .slice(0, 10)
    .map((row) => `${String(row.index)} ${row.code ?? ''} at attempt ${String(row.attempt)}: ${row.message ?? ''}`);
  expect(failed.length, `failed: ${told.join('; ')}`).toBeLessThanOrEqual(mayFail);
  expect(failed.filter((row) => row.code !== 'worker_lost' && row.code !== 'lease_lost')).toEqual([]);
  // The history has every attempt before the present one.
  expect(rows.filter((row) => row.earlier !== row.attempt - 1)).toEqual([]);
}

function expectArtifacts(rows: readonly Row[], dataDir: string): void {
  for (const { index, outcome, smiles, original, artifacts } of rows) {
    if (outcome !== 'completed' && outcome !== 'reused') continue;
    expect(artifacts, `artifacts of row ${String(index)}`).toHaveLength(1);
    for (const { sha256, sizeBytes } of artifacts ?? []) {
      const content = readFileSync(join(dataDir, 'artifacts', sha256.slice(0, 2), sha256));
      const { asked } = JSON.parse(content.toString()) as { asked: { smiles: string } };
      const found = { sizeBytes: content.length, sha256: createHash('sha256').update(content).digest('hex'), smiles: asked.smiles };
      expect(found).toEqual({ sizeBytes, sha256, smiles: outcome === 'reused' ? original : smiles });
    }
  }
}

async function expectCountersEqualFold(client: pg.Client, jobId: string, rows: readonly Row[]): Promise<void> {
  const { rows: jobs } = await client.query(
    `select total_count, completed_count, reused_count, failed_count, rejected_count, cancelled_count, status, finished_at is not null as finished
     from jobs where id = $1`,
    [jobId],
  );
  const count = (...outcomes: string[]): number => rows.filter((row) => outcomes.includes(row.outcome ?? '')).length;
  expect(jobs[0]).toEqual({
    total_count: rows.length,
    completed_count: count('completed', 'reused'),
    reused_count: count('reused'),
    failed_count: count('failed', 'rejected'),
    rejected_count: count('rejected'),
    cancelled_count: 0,
    status: 'completed',
    finished: true,
  });
}

async function expectNothingHeld(client: pg.Client, jobId: string): Promise<void> {
  const held = async () => {
    const { rows } = await client.query(
      `select slots_in_use as slots, (select count(*)::int from runs where batch_id = jobs.id and ended_at is null) as runs,
         (select count(*)::int from requeued_rows where batch_id = jobs.id) as requeued
       from jobs where id = $1`,
      [jobId],
    );
    return rows[0] as unknown;
  };
  // The last outcome comes a moment before the end of its run.
  await expect.poll(held, { timeout: 60_000, interval: 200 }).toEqual({ slots: 0, runs: 0, requeued: 0 });
}

/** Processes that work in a folder below this one: model processes and a database server among them. Linux. */
export function processesIn(folder: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        if (!readlinkSync(`/proc/${pid}/cwd`).startsWith(folder)) return [];
        return [`${pid} ${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')}`];
      } catch {
        return []; // It ended between two looks.
      }
    });
}
