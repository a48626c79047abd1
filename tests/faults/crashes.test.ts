/**
 * Random kill -9 of hub, worker host, model process and embedded PostgreSQL while a screen of 10,000 rows runs, then an orderly restart
 * of the database: every row still gets its one outcome. `OMTX_FAULT_KILLS` and `OMTX_FAULT_SEED` choose how many and which.
 */
import { afterEach, expect, test } from 'vitest';
import type { HubProcess } from '../support/hub-process.ts';
import { seededRandom } from './support/random.ts';
import { screen, Stage } from './support/stage.ts';
import { expectHonest } from './support/verdict.ts';

const KILLS = Number(process.env['OMTX_FAULT_KILLS'] ?? 8);
const SEED = Number(process.env['OMTX_FAULT_SEED'] ?? 20_260);
const ROWS = 10_000;
const DELAY_SECONDS = 0.01;
/** Rows that complete between two kills, at most. */
const MOST_ROWS_BETWEEN = 120;
/** The long run is an hour at most, on a slow machine. */
const LIMIT_MS = 300_000 + KILLS * 30_000;
const VICTIMS = ['hub', 'worker', 'model', 'postgres'] as const;

let stage: Stage | undefined;
afterEach(async () => {
  await stage?.close();
});

test(
  `${String(KILLS)} random kills: every row has one outcome, counters equal the fold, files are whole, nothing is left over`,
  { timeout: LIMIT_MS },
  async () => {
    const theatre = (stage = await Stage.open());
    const random = seededRandom(SEED);
    let hub = await theatre.start('serve', { args: ['--no-work'] });
    const workers = [await theatre.start('work', { args: ['--cpus', '2'] }), await theatre.start('work', { args: ['--cpus', '2'] })];
    const jobs = [await theatre.submit(screen(ROWS, DELAY_SECONDS))];
    const killed: string[] = [];

    const kill = async (victim: (typeof VICTIMS)[number]): Promise<boolean> => {
      const place = Math.floor(random() * workers.length);
      const worker = workers[place] as HubProcess;
      switch (victim) {
        case 'hub':
          await theatre.kill(hub);
          hub = await theatre.start('serve', { args: ['--no-work'] });
          return true;
        case 'worker':
          await theatre.kill(worker);
          workers[place] = await theatre.start('work', { args: ['--cpus', '2'] });
          return true;
        case 'model': {
          const [pid] = theatre.modelProcesses(worker);
          if (pid !== undefined) process.kill(pid, 'SIGKILL');
          return pid !== undefined;
        }
        case 'postgres':
          return theatre.signalPostgres('SIGKILL');
      }
    };

    /** Each kind once, in random order, and again. */
    const deck: (typeof VICTIMS)[number][] = [];
    let seen = 0;
    while (killed.length < KILLS) {
      const id = jobs.at(-1) ?? '';
      const job = await theatre.job(id);
      if (job && job.finishedAt !== null) {
        jobs.push(await theatre.submit(screen(ROWS, DELAY_SECONDS)));
        seen = 0;
        continue;
      }
      seen = Math.max(seen, job?.progress.completed ?? 0) + Math.ceil(random() * MOST_ROWS_BETWEEN);
      await theatre.untilCompleted(id, Math.min(seen, Math.floor(ROWS * 0.95)));
      if (deck.length === 0) deck.push(...VICTIMS);
      const [victim = 'hub'] = deck.splice(Math.floor(random() * deck.length), 1);
      if (await kill(victim)) killed.push(victim);
      else deck.push(victim);
    }
    await theatre.signalPostgres('SIGINT');

    for (const jobId of jobs) await theatre.untilFinished(jobId);
    await theatre.withDatabase(async (databaseUrl) => {
      const mayFail = killed.filter((victim) => victim === 'model').length;
      for (const jobId of jobs) await expectHonest({ databaseUrl, dataDir: theatre.dataDir, jobId, rows: ROWS, mayFail });
    });
    stage = undefined;
    expect(await theatre.close()).toEqual([]);
  },
);
