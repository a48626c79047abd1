/** Submit as the first hub took it: `predict-smart` (A.1) routes by content, `predict` (B.1) is the same with the older words. */
import { submitJob } from '../../services/submit-job.ts';
import { readTasks } from '../../services/read-models.ts';
import { manifestOf } from '../../catalog/registry.ts';
import type { HttpContext } from '../context.ts';
import { isRecord } from '../../domain/free-object.ts';
import { post, type LegacyRoute } from './route.ts';
import { translateSubmission } from './translate-submission.ts';
import { submitV1Batch } from './v1-submit.ts';

/** Seconds that the old server answered for one job of each task, by `predict-smart` and by `predict`. */
const ESTIMATES = {
  smart: {
    byTask: { protein_structure: 120, protein_complex: 180, nanobody_design: 240, cdr_optimization: 180 },
    otherwise: 60,
  },
  plain: {
    byTask: {
      protein_structure: 900,
      protein_complex: 1_800,
      binding_site_prediction: 600,
      variant_comparison: 2_400,
      drug_discovery: 3_600,
    },
    otherwise: 1_200,
  },
} as const satisfies Record<Form, { readonly byTask: Readonly<Record<string, number>>; readonly otherwise: number }>;
const LIGAND_ESTIMATE = 30;

type Form = 'smart' | 'plain';

export function predictRoutes(ctx: HttpContext): readonly LegacyRoute[] {
  const successor = '/api/v4/jobs';
  return [
    post('/api/v2/predict-smart', successor, ({ body }) => predict(ctx, body, 'smart')),
    post('/api/v2/predict', successor, ({ body }) => predict(ctx, body, 'plain')),
    post('/api/v2/predict/batch', successor, ({ body }) => submitV1Batch(ctx, body)),
    post('/api/v2/boltz/predict', successor, ({ body }) => predict(ctx, isRecord(body) ? { model_id: 'boltz2', ...body } : body, 'plain')),
  ];
}

async function predict(ctx: HttpContext, body: unknown, form: Form) {
  const { models } = ctx.hub.registry();
  const { submission, askedTask, ignoredFields } = translateSubmission(body, {
    manifestOf: (id) => {
      const state = models.get(id);
      return state && manifestOf(state);
    },
    taskTypes: readTasks(ctx.hub).map(({ id }) => id),
  });
  const answer = await submitJob(ctx.hub, ctx.principal, submission);
  const isBatch = answer.jobType === 'batch_parent';
  return {
    job_id: answer.id,
    task_type: askedTask,
    status: isBatch && form === 'plain' ? 'processing' : 'submitted',
    message: messageOf(form, isBatch, submission.name, answer.rows.total),
    estimated_completion_time: isBatch ? answer.rows.total * LIGAND_ESTIMATE : estimateOf(form, askedTask),
    job_type: isBatch ? 'batch' : 'individual',
    routed_by: answer.routedBy,
    total_ligands: answer.rows.total,
    rejected: answer.rejected,
    warnings: answer.warnings,
    ignored_fields: ignoredFields,
  };
}

function messageOf(form: Form, isBatch: boolean, name: string, total: number): string {
  if (form === 'smart')
    return isBatch ? `Batch prediction submitted: ${String(total)} ligands` : `Individual prediction submitted: ${name}`;
  return isBatch ? `Batch job submitted. Processing ${String(total)} ligands in background.` : 'Job submitted successfully';
}

function estimateOf(form: Form, taskType: string): number {
  const { byTask, otherwise } = ESTIMATES[form];
  const known: Readonly<Record<string, number>> = byTask;
  return known[taskType] ?? otherwise;
}
