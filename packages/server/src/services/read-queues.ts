/** What waits, what runs and what stands still, over all owners, as an operator sees it. */
import type { QueuesAnswer } from '@omtx/contract';
import type { Static } from 'typebox';
import { needsSomebody, waitingFor } from '../domain/waiting.ts';
import { readLoad, type Load } from '../storage/load.ts';
import { listStandingJobs } from '../storage/standing-jobs.ts';
import type { HubContext } from './context.ts';
import { gpuModels } from './read-jobs.ts';
import { LEASE_SECONDS } from './read-workers.ts';

const MOST_STANDING = 100;

type Queues = Static<typeof QueuesAnswer>;

export async function readQueues(ctx: HubContext): Promise<Queues> {
  const rivals = gpuModels(ctx);
  const [load, standing] = await Promise.all([
    readLoad(ctx.db, LEASE_SECONDS),
    listStandingJobs(ctx.db, rivals, LEASE_SECONDS, MOST_STANDING),
  ]);
  return {
    queues: load.queues.toSorted((a, b) => b.oldestSeconds - a.oldestSeconds).map((queue) => ({ ...queue })),
    models: modelsOf(load),
    standing: standing.jobs.map((job) => {
      const { id, owner, modelId, modelVersion, lane, openRows, standingSeconds } = job;
      const told = { ...job, needsGpu: rivals.includes(modelId) };
      const reason = waitingFor(told) ?? 'Its last rows are being written down.';
      return { id, owner, modelId, modelVersion, lane, openRows, standingSeconds, needsSomebody: needsSomebody(told), reason };
    }),
    standingCount: standing.total,
  };
}

function modelsOf({ workers, runs }: Load): Queues['models'] {
  const ids = [...new Set([...workers, ...runs].map(({ modelId }) => modelId))].sort();
  return ids.map((modelId) => {
    const offer = workers.find((each) => each.modelId === modelId);
    const run = runs.find((each) => each.modelId === modelId);
    return {
      modelId,
      hosts: offer?.hosts ?? 0,
      slotsOffered: offer?.slots ?? 0,
      slotsInUse: run?.slotsInUse ?? 0,
      liveRuns: run?.liveRuns ?? 0,
      rowsInFlight: run?.rowsInFlight ?? 0,
    };
  });
}
