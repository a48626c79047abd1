import type { HubContext, Principal } from '../services/context.ts';
import type { Listener } from '../storage/listener.ts';

/** What the routes need. */
export interface HttpContext {
  readonly hub: HubContext;
  readonly listener: Listener;
  /** The one local user, until there are accounts. */
  readonly principal: Principal;
  /** Aborted when the server closes: streams end. */
  readonly closing: AbortSignal;
}
