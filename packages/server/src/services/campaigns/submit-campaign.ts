/**
 * Submits a campaign: it is stored whole, and then each arm becomes an ordinary job. Where the hub ends in between, `finishCampaign` goes
 * on; the jobs' idempotency keys see to it that no arm gets two.
 */
import { createHash } from 'node:crypto';
import {
  HubError,
  MAX_ARMS,
  isJobId,
  newCampaignId,
  type CampaignAnswer,
  type CampaignId,
  type CampaignQuote,
  type FieldError,
  type SubmitCampaign,
  type SubmitJob,
} from '@omtx/contract';
import { findUnfinished, noteArm, noteFinished, storeCampaign } from '../../storage/campaigns/campaigns.ts';
import { cancelJob } from '../cancel-job.ts';
import type { HubContext, Principal } from '../context.ts';
import { prepareSubmission } from '../prepare-submission.ts';
import { quoteJob } from '../quote-job.ts';
import { submitJob } from '../submit-job.ts';
import { readCampaign } from './read-campaign.ts';

interface Arm {
  readonly target: string;
  readonly model: string;
  readonly modelId: string;
  readonly body: SubmitJob;
}

/**
 * Every arm is checked before anything is stored.
 * @throws HubError invalid_input, idempotency_conflict, and what the submission of an arm throws
 */
export async function submitCampaign(ctx: HubContext, principal: Principal, body: SubmitCampaign): Promise<CampaignAnswer> {
  const arms = armsOf(body);
  const warnings = await checkArms(ctx, principal, arms);
  const bodySha256 = createHash('sha256').update(JSON.stringify(body)).digest('hex');
  const { id, replayed } = await storeCampaign(ctx.db, principal.owner, {
    id: newCampaignId(),
    idempotency: body.idempotencyKey === undefined ? null : { key: body.idempotencyKey, bodySha256 },
    submission: body,
    arms,
  });
  await finishCampaign(ctx, id);
  return { ...(await readCampaign(ctx, principal, id)), replayed, warnings: [...warnings] };
}

/** What each arm would take. Stores nothing. @throws HubError what `submitCampaign` throws, but refused rows: they are in the answer */
export async function quoteCampaign(ctx: HubContext, principal: Principal, body: SubmitCampaign): Promise<CampaignQuote> {
  const arms: CampaignQuote['arms'] = [];
  for (const [position, arm] of armsOf(body).entries()) {
    const quote = await ofArm(position, arm, () => quoteJob(ctx, principal, arm.body));
    arms.push({ position, target: arm.target, model: arm.model, quote });
  }
  const sum = (part: (quote: CampaignQuote['arms'][number]['quote']) => number): number =>
    arms.reduce((total, { quote }) => total + part(quote), 0);
  return {
    arms,
    runs: sum(({ runs }) => runs),
    seconds: sum(({ seconds }) => seconds),
    cpuSeconds: sum(({ cpuSeconds }) => cpuSeconds),
    gpuSeconds: sum(({ gpuSeconds }) => gpuSeconds),
  };
}

/**
 * Makes the jobs that are not made yet. Any number of processes may do so at once.
 * An arm that the hub cannot make any more (its model was taken away meanwhile) keeps the reason; the others go on.
 */
export async function finishCampaign(ctx: HubContext, id: CampaignId): Promise<void> {
  const unfinished = await findUnfinished(ctx.db, id);
  if (!unfinished) return;
  const principal = { owner: unfinished.owner };
  const arms = armsOf(unfinished.submission);
  for (const position of unfinished.open) {
    const arm = arms[position];
    if (!arm) throw new Error(`unreachable: campaign ${id} has no arm ${String(position)}`);
    const end = await makeJob(ctx, principal, id, position, arm);
    // Cancelled meanwhile: what was just made is too.
    if (!(await noteArm(ctx.db, id, position, end)) && 'jobId' in end) await cancelJob(ctx, principal, end.jobId);
  }
  await noteFinished(ctx.db, id);
}

async function makeJob(ctx: HubContext, principal: Principal, id: CampaignId, position: number, { body }: Arm) {
  try {
    const { id: jobId } = await submitJob(ctx, principal, { ...body, idempotencyKey: `campaign/${id}/${String(position)}` });
    if (!isJobId(jobId)) throw new Error('unreachable: the id of a job is none');
    return { jobId };
  } catch (error) {
    if (!(error instanceof HubError) || error.code === 'unavailable') throw error;
    return { problem: error.message };
  }
}

/** Targets first, each with all models: so the columns of a target stand side by side. @throws HubError invalid_input */
function armsOf(body: SubmitCampaign): readonly Arm[] {
  const { targets, models } = body;
  const modelNames = models.map(({ name, modelId }) => name ?? modelId);
  refuseTwins(
    targets.map(({ name }) => name),
    '/targets',
    'target',
  );
  refuseTwins(modelNames, '/models', 'model');
  if (targets.length * models.length > MAX_ARMS) {
    const detail = `${String(targets.length)} targets times ${String(models.length)} models are more than ${String(MAX_ARMS)} jobs`;
    throw new HubError('invalid_input', `${detail}; make several campaigns of it.`, [{ pointer: '/targets', detail }]);
  }
  return targets.flatMap((target) =>
    models.map((model, place) => ({
      target: target.name,
      model: modelNames[place] ?? model.modelId,
      modelId: model.modelId,
      body: jobOf(body, target, model, modelNames[place] ?? model.modelId),
    })),
  );
}

function jobOf(
  body: SubmitCampaign,
  target: SubmitCampaign['targets'][number],
  model: SubmitCampaign['models'][number],
  modelName: string,
): SubmitJob {
  const { name, targets: _targets, models: _models, input, idempotencyKey: _key, ...settings } = body;
  const { name: _modelName, ...modelSettings } = model;
  return {
    ...settings,
    ...modelSettings,
    name: `${name}: ${target.name}, ${modelName}`.slice(0, 200),
    input: { ...input, ...target.input },
  };
}

function refuseTwins(names: readonly string[], pointer: string, what: string): void {
  const place = names.findIndex((name, index) => names.indexOf(name) < index);
  if (place < 0) return;
  const detail = `"${names[place] ?? ''}" is there twice: give each ${what} a name of its own`;
  throw new HubError('invalid_input', `${pointer}/${String(place)}/name: ${detail}.`, [
    { pointer: `${pointer}/${String(place)}/name`, detail },
  ]);
}

/** @returns the warnings of all arms, each once. @throws HubError what the submission of an arm throws, which says of which arm */
async function checkArms(ctx: HubContext, principal: Principal, arms: readonly Arm[]): Promise<ReadonlySet<string>> {
  const warnings = new Set<string>();
  for (const [position, arm] of arms.entries()) {
    const prepared = await ofArm(position, arm, () => prepareSubmission(ctx, principal, arm.body));
    for (const warning of prepared.warnings) warnings.add(warning);
  }
  return warnings;
}

async function ofArm<Answer>(position: number, { target, model }: Arm, work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    const errors: FieldError[] = error.errors.map(({ pointer, detail }) => ({ pointer, detail: `${target}, ${model}: ${detail}` }));
    throw new HubError(error.code, `Target "${target}" by ${model} (arm ${String(position)}): ${error.message}`, errors, { cause: error });
  }
}
