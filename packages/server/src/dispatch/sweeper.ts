/** Takes away what is over, every few minutes. */
import type { HubContext } from '../services/context.ts';
import { sweep } from '../services/sweep.ts';
import { Periodic } from './periodic.ts';

const EVERY_MS = 5 * 60_000;

export function startSweeper(ctx: HubContext): Periodic {
  const onFault = { event: 'sweep_failed', text: 'a sweep failed; it is tried again' };
  return new Periodic({ everyMs: EVERY_MS, log: ctx.log, onFault }, async (signal) => {
    const { jobs, uploads, collected } = await sweep(ctx, signal);
    if (jobs + uploads + collected.files > 0) ctx.log.info({ event: 'swept', jobs, uploads, ...collected }, 'what was over was taken away');
  });
}
