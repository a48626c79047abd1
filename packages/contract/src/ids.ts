/** Branded ids, so that one kind cannot be passed for another. All job and run ids are UUIDv7 in lower case. */

declare const brand: unique symbol;
type Branded<Text extends string> = string & { readonly [brand]: Text };

/** Id of an individual job or of a batch parent. */
export type JobId = Branded<'JobId'>;
export type RunId = Branded<'RunId'>;
export type WorkerId = Branded<'WorkerId'>;
export type CampaignId = Branded<'CampaignId'>;
/** One request of a person to run rows again. */
export type RetryId = Branded<'RetryId'>;
/** Owner of jobs: the one local user is `local`. */
export type OwnerId = Branded<'OwnerId'>;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

function isUuid(text: string): boolean {
  return UUID.test(text);
}

export function isJobId(text: string): text is JobId {
  return isUuid(text);
}

export function isRunId(text: string): text is RunId {
  return isUuid(text);
}

export function isWorkerId(text: string): text is WorkerId {
  return isUuid(text);
}

export function isRetryId(text: string): text is RetryId {
  return isUuid(text);
}

export function isCampaignId(text: string): text is CampaignId {
  return isUuid(text);
}

export function isOwnerId(text: string): text is OwnerId {
  return /^[A-Za-z0-9._@-]{1,100}$/.test(text);
}

export const LOCAL_OWNER: OwnerId = ownerId('local');

/** @throws Error when the text is no owner id: callers pass constants or validated text. */
export function ownerId(text: string): OwnerId {
  if (!isOwnerId(text)) throw new Error(`"${text}" is not an owner id`);
  return text;
}

/**
 * A fresh UUIDv7 (RFC 9562): 48 bits of milliseconds, then randomness, so that ids sort by creation.
 * @param nowMilliseconds epoch time in milliseconds
 */
function uuidV7(nowMilliseconds: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, Math.floor(nowMilliseconds / 2 ** 32));
  view.setUint32(2, nowMilliseconds % 2 ** 32);
  view.setUint8(6, (view.getUint8(6) & 0x0f) | 0x70);
  view.setUint8(8, (view.getUint8(8) & 0x3f) | 0x80);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

export function newJobId(nowMilliseconds: number = Date.now()): JobId {
  const id = uuidV7(nowMilliseconds);
  if (!isJobId(id)) throw new Error('unreachable: a fresh UUID is not a UUID');
  return id;
}

export function newRunId(nowMilliseconds: number = Date.now()): RunId {
  const id = uuidV7(nowMilliseconds);
  if (!isRunId(id)) throw new Error('unreachable: a fresh UUID is not a UUID');
  return id;
}

export function newRetryId(nowMilliseconds: number = Date.now()): RetryId {
  const id = uuidV7(nowMilliseconds);
  if (!isRetryId(id)) throw new Error('unreachable: a fresh UUID is not a UUID');
  return id;
}

export function newWorkerId(nowMilliseconds: number = Date.now()): WorkerId {
  const id = uuidV7(nowMilliseconds);
  if (!isWorkerId(id)) throw new Error('unreachable: a fresh UUID is not a UUID');
  return id;
}

export function newCampaignId(nowMilliseconds: number = Date.now()): CampaignId {
  const id = uuidV7(nowMilliseconds);
  if (!isCampaignId(id)) throw new Error('unreachable: a fresh UUID is not a UUID');
  return id;
}

/** Public id of a child: `{batch id}-{index, at least 4 digits}`. It is parsed, not stored. */
export function childId(batchId: JobId, index: number): string {
  return `${batchId}-${String(index).padStart(4, '0')}`;
}

export type ParsedId =
  { readonly kind: 'job'; readonly jobId: JobId } | { readonly kind: 'child'; readonly jobId: JobId; readonly index: number };

const CHILD = /^(.{36})-(\d{4}|[1-9]\d{4,8})$/;

/** Reads an id of a route: a job, or a child of a batch. Undefined when it can be neither. */
export function parseId(text: string): ParsedId | undefined {
  const lower = text.toLowerCase();
  if (isJobId(lower)) return { kind: 'job', jobId: lower };
  const [, batch = '', index = ''] = CHILD.exec(lower) ?? [];
  return isJobId(batch) ? { kind: 'child', jobId: batch, index: Number(index) } : undefined;
}
