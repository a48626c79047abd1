import type { HubContext, Principal } from '../services/context.ts';
import type { EventFeeds } from '../services/event-feeds.ts';
import type { LegacyUsage } from '../services/legacy-usage.ts';

/** What the operator says of the old paths. */
export interface LegacySettings {
  /** Groups that are turned off. */
  readonly off: readonly string[];
  /** Shared with the remote backend; without it no webhook is believed. */
  readonly webhookSecret: string | undefined;
}

/** What the routes need. */
export interface HttpContext {
  readonly hub: HubContext;
  readonly feeds: EventFeeds;
  /** The one local user, until there are accounts. */
  readonly principal: Principal;
  /** Aborted when the server closes: streams end. */
  readonly closing: AbortSignal;
  readonly legacy: LegacySettings;
  readonly usage: LegacyUsage;
}
