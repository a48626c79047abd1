/** What remote backends have told, for the operator. */
import { countRemoteCalls, listRemoteCalls, type RemoteCall } from '../storage/remote-calls.ts';
import type { HubContext } from './context.ts';

export interface RemoteCalls {
  readonly counts: Readonly<Record<string, number>>;
  readonly newest: readonly RemoteCall[];
}

export async function readRemoteCalls(ctx: HubContext, limit: number): Promise<RemoteCalls> {
  const [counts, newest] = await Promise.all([countRemoteCalls(ctx.db), listRemoteCalls(ctx.db, limit)]);
  return { counts, newest };
}
