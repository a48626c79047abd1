/** Worker hosts as an operator sees them. */
import type { WorkerView } from '@omtx/contract';
import type { Static } from 'typebox';
import { listWorkers } from '../storage/runs/workers.ts';
import type { HubContext } from './context.ts';

/** The lease of a run: a host that is silent for longer has lost what it held. */
export const LEASE_SECONDS = 30;

export async function readWorkers(ctx: HubContext): Promise<{ readonly workers: readonly Static<typeof WorkerView>[] }> {
  const workers = await listWorkers(ctx.db, LEASE_SECONDS);
  return {
    workers: workers.map((worker) => ({
      ...worker,
      startedAt: worker.startedAt.toISOString(),
      heartbeatAt: worker.heartbeatAt.toISOString(),
      stoppedAt: worker.stoppedAt?.toISOString() ?? null,
      drainingSince: worker.drainingSince?.toISOString() ?? null,
      gpus: worker.gpus.map(({ device, name }) => ({ device, name })),
      offers: worker.offers.map(({ modelId, modelVersion, slots }) => ({ modelId, modelVersion, slots })),
    })),
  };
}
