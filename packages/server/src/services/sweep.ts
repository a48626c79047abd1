/** Takes away what is over: jobs past the days of their project, uploads that nobody took, files that nobody names. Any process may, at any time. */
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Swept } from '@omtx/contract';
import type { StoredArtifact } from '../storage/artifacts/artifact-store.ts';
import { deleteJobWithRows } from '../storage/delete-job.ts';
import { adoptFiles, collectFiles, type FileCounts } from '../storage/retention/collect-files.ts';
import { deleteExpiredUploads, findExpiredJobs } from '../storage/retention/expired.ts';
import type { HubContext } from './context.ts';

const JOBS_AT_ONCE = 20;
const FILES_AT_ONCE = 1_000;
/** A file that is still being received is written to more often than this. */
const STALE_SPOOL_MS = 24 * 60 * 60 * 1_000;
const NONE: FileCounts = { files: 0, bytes: 0 };

type SweepContext = Pick<HubContext, 'db' | 'artifacts' | 'spoolDir' | 'log'>;

export async function sweep(ctx: SweepContext, signal?: AbortSignal): Promise<Omit<Swept, 'adopted'>> {
  const jobs = await deleteExpiredJobs(ctx, signal);
  const uploads = await deleteExpiredUploads(ctx.db);
  await clearSpool(ctx.spoolDir);
  let collected = NONE;
  for (let isAll = false; !isAll && signal?.aborted !== true;) {
    const group = await collectFiles(ctx.db, ctx.artifacts);
    collected = sumOf(collected, group);
    ({ isAll } = group);
  }
  return { jobs, uploads, collected };
}

/** First makes known what the store has and the database does not: files of a hub of before. Reads the names of all files. */
export async function sweepAll(ctx: SweepContext): Promise<Swept> {
  let adopted = NONE;
  let group: StoredArtifact[] = [];
  for await (const file of ctx.artifacts.list()) {
    group.push(file);
    if (group.length < FILES_AT_ONCE) continue;
    adopted = sumOf(adopted, await adoptFiles(ctx.db, group));
    group = [];
  }
  adopted = sumOf(adopted, await adoptFiles(ctx.db, group));
  return { ...(await sweep(ctx)), adopted };
}

async function deleteExpiredJobs({ db, log }: SweepContext, signal: AbortSignal | undefined): Promise<number> {
  let deleted = 0;
  for (;;) {
    const jobs = await findExpiredJobs(db, JOBS_AT_ONCE);
    for (const { id, owner } of jobs) {
      if (signal?.aborted === true) return deleted;
      if ((await deleteJobWithRows(db, owner, id, 'retention')) > 0) deleted += 1;
      log.info({ event: 'job_expired', jobId: id }, 'a job was deleted: the days of its project were over');
    }
    if (jobs.length < JOBS_AT_ONCE) return deleted;
  }
}

/** What a process that was killed was receiving. */
async function clearSpool(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile() === true && Date.now() - found.mtimeMs > STALE_SPOOL_MS) await rm(path, { force: true });
  }
}

function sumOf(a: FileCounts, b: FileCounts): FileCounts {
  return { files: a.files + b.files, bytes: a.bytes + b.bytes };
}
