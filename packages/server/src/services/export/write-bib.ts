/** How to cite the model that the job ran with. */
import { bibtexOf } from '@omtx/contract';
import { findVersion, manifestOf } from '../../catalog/registry.ts';
import type { ExportSource } from './export-source.ts';

export async function* bibOf({ ctx, job }: ExportSource): AsyncGenerator<string> {
  const state = findVersion(ctx.registry(), job.modelId, job.modelVersion) ?? findVersion(ctx.registry(), job.modelId, undefined);
  if (state) yield `${bibtexOf(manifestOf(state))}\n`;
  else yield await Promise.resolve(`% ${job.modelId} ${job.modelVersion} is no longer among the models of this hub.\n`);
}
