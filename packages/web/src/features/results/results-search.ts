import { JOB_STATUSES, type JobStatus } from '@omtx/contract';

/** Filters of the list, as the address holds them. */
export interface ResultsSearch {
  readonly search?: string | undefined;
  readonly status?: JobStatus | undefined;
  readonly model?: string | undefined;
}

export function readResultsSearch(raw: Readonly<Record<string, unknown>>): ResultsSearch {
  const status = JOB_STATUSES.find((each) => each === raw['status']);
  const { search, model } = raw;
  return {
    ...(search === undefined || search === '' ? {} : { search: String(search) }),
    ...(status ? { status } : {}),
    ...(typeof model === 'string' && model !== '' ? { model } : {}),
  };
}
