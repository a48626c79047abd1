import { COMMERCIAL_USE, GPU_NEEDS, MODEL_STATES, MODEL_STATUSES } from '@omtx/contract';
import type { ModelsQuery } from '@omtx/client';

/** Filters of the catalogue, as the address holds them; the API's words. */
export function readModelsSearch(raw: Readonly<Record<string, unknown>>): ModelsQuery {
  const one = <T extends string>(choices: readonly T[], name: string): T | undefined => choices.find((each) => each === raw[name]);
  const found = {
    search: textOf(raw['search']),
    task: textOf(raw['task']),
    license: textOf(raw['license']),
    commercialUse: one(COMMERCIAL_USE, 'commercialUse'),
    gpu: one(GPU_NEEDS, 'gpu'),
    state: one(MODEL_STATES, 'state'),
    status: one(MODEL_STATUSES, 'status'),
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

/** An address may hold a number or `true`, which the router reads as such. */
function textOf(value: unknown): string | undefined {
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  return text === '' ? undefined : text;
}
