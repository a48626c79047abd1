/** Campaigns and their arms. What makes the jobs of a campaign is kept with it until each arm has one. */
import { HubError, type CampaignId, type JobId, type OwnerId, type SubmitCampaign } from '@omtx/contract';
import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { jsonText } from '../json-text.ts';

export interface NewCampaign {
  readonly id: CampaignId;
  readonly idempotency: { readonly key: string; readonly bodySha256: string } | null;
  readonly submission: SubmitCampaign;
  /** In the order of the columns. */
  readonly arms: readonly { readonly target: string; readonly model: string; readonly modelId: string }[];
}

export interface StoredArm {
  readonly position: number;
  readonly target: string;
  readonly model: string;
  readonly modelId: string;
  readonly jobId: JobId | null;
  readonly problem: string | null;
}

export interface StoredCampaign {
  readonly id: CampaignId;
  readonly owner: OwnerId;
  readonly name: string;
  readonly taskType: string;
  readonly createdAt: Date;
  /** Jobs are still to be made. */
  readonly isBeingMade: boolean;
  readonly arms: readonly StoredArm[];
}

/** @returns the campaign that has the idempotency key already, else this one. @throws HubError idempotency_conflict when the key was used with another body */
export async function storeCampaign(
  db: Database,
  owner: OwnerId,
  campaign: NewCampaign,
): Promise<{ readonly id: CampaignId; readonly replayed: boolean }> {
  const { id, idempotency, submission, arms } = campaign;
  return db.transaction().execute(async (tx) => {
    const inserted = await tx
      .insertInto('campaigns')
      .values({
        id,
        owner,
        name: submission.name,
        task_type: submission.taskType,
        idempotency_key: idempotency?.key ?? null,
        body_sha256: idempotency?.bodySha256 ?? null,
        submission: jsonText(submission),
      })
      .onConflict((conflict) => conflict.columns(['owner', 'idempotency_key']).where('idempotency_key', 'is not', null).doNothing())
      .returning('id')
      .executeTakeFirst();
    if (!inserted) return { id: await replayed(tx, owner, idempotency), replayed: true };
    await tx
      .insertInto('campaign_arms')
      .values(arms.map(({ target, model, modelId }, position) => ({ campaign_id: id, position, target, model, model_id: modelId })))
      .execute();
    return { id, replayed: false };
  });
}

async function replayed(tx: Database, owner: OwnerId, idempotency: NewCampaign['idempotency']): Promise<CampaignId> {
  if (!idempotency) throw new Error('unreachable: only a key can be in conflict');
  const { id, body_sha256 } = await tx
    .selectFrom('campaigns')
    .select(['id', 'body_sha256'])
    .where('owner', '=', owner)
    .where('idempotency_key', '=', idempotency.key)
    .executeTakeFirstOrThrow();
  if (body_sha256 === idempotency.bodySha256) return id;
  throw new HubError('idempotency_conflict', `The idempotency key was used with another body, for campaign ${id}.`);
}

const columns = sql`
  c.id, c.owner, c.name, c.task_type as "taskType", c.created_at as "createdAt", c.submission is not null as "isBeingMade",
  (
    select json_agg(json_build_object('position', a.position, 'target', a.target, 'model', a.model, 'modelId', a.model_id, 'jobId', a.job_id, 'problem', a.problem) order by a.position)
    from campaign_arms a where a.campaign_id = c.id
  ) as arms`;

/** Undefined where the owner has no such campaign. */
export async function findCampaign(db: Database, owner: OwnerId, id: CampaignId): Promise<StoredCampaign | undefined> {
  const { rows } = await sql<StoredCampaign>`select ${columns} from campaigns c where c.id = ${id} and c.owner = ${owner}`.execute(db);
  return rows[0];
}

/** The newest first. @param after the campaign before the page */
export async function listCampaigns(
  db: Database,
  owner: OwnerId,
  limit: number,
  after: CampaignId | undefined,
): Promise<readonly StoredCampaign[]> {
  const behind = after === undefined ? sql`true` : sql`(c.created_at, c.id) < (select created_at, id from campaigns where id = ${after})`;
  const { rows } = await sql<StoredCampaign>`
    select ${columns} from campaigns c
    where c.owner = ${owner} and ${behind}
    order by c.created_at desc, c.id desc
    limit ${limit}`.execute(db);
  return rows;
}

export interface UnfinishedCampaign {
  readonly owner: OwnerId;
  readonly submission: SubmitCampaign;
  /** Places of the arms that have neither a job nor a reason to have none. */
  readonly open: readonly number[];
}

/** Undefined once each arm has its job. */
export async function findUnfinished(db: Database, id: CampaignId): Promise<UnfinishedCampaign | undefined> {
  const { rows } = await sql<UnfinishedCampaign>`
    select c.owner, c.submission,
      array(select a.position from campaign_arms a where a.campaign_id = c.id and a.job_id is null and a.problem is null order by a.position) as open
    from campaigns c where c.id = ${id} and c.submission is not null`.execute(db);
  return rows[0];
}

/** Those that nobody has finished for so long: their hub has ended in the middle. */
export async function listUnfinished(db: Database, olderThanSeconds: number): Promise<readonly CampaignId[]> {
  const { rows } = await sql<{ id: CampaignId }>`
    select id from campaigns where submission is not null and created_at < now() - make_interval(secs => ${olderThanSeconds})
    order by created_at limit 100`.execute(db);
  return rows.map(({ id }) => id);
}

/** @returns false where the campaign was cancelled or deleted meanwhile: nothing was written */
export async function noteArm(
  db: Database,
  id: CampaignId,
  position: number,
  end: { readonly jobId: JobId } | { readonly problem: string },
): Promise<boolean> {
  const noted = await db
    .updateTable('campaign_arms')
    .from('campaigns')
    .set('jobId' in end ? { job_id: end.jobId } : { problem: end.problem })
    .where('campaign_arms.campaign_id', '=', id)
    .where('campaign_arms.position', '=', position)
    .whereRef('campaigns.id', '=', 'campaign_arms.campaign_id')
    .where('campaigns.submission', 'is not', null)
    .returning('campaign_arms.position')
    .executeTakeFirst();
  return noted !== undefined;
}

/** From here on no arm gets a job. @param problem of the arms that have none */
export async function closeCampaign(db: Database, id: CampaignId, problem: string): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await tx.updateTable('campaigns').set({ submission: null }).where('id', '=', id).execute();
    await tx
      .updateTable('campaign_arms')
      .set({ problem })
      .where('campaign_id', '=', id)
      .where('job_id', 'is', null)
      .where('problem', 'is', null)
      .execute();
  });
}

/** Forgets what its jobs were made from. */
export async function noteFinished(db: Database, id: CampaignId): Promise<void> {
  await db.updateTable('campaigns').set({ submission: null }).where('id', '=', id).execute();
}

/** Its jobs stay. */
export async function deleteCampaignRow(db: Database, owner: OwnerId, id: CampaignId): Promise<void> {
  await db.deleteFrom('campaigns').where('id', '=', id).where('owner', '=', owner).execute();
}
