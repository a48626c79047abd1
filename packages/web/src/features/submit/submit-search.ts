/** What the form begins with, as the address holds it. */
export interface SubmitSearch {
  readonly model?: string;
  readonly task?: string;
  /** Job whose input is copied into the form. */
  readonly from?: string;
}

export function readSubmitSearch(raw: Readonly<Record<string, unknown>>): SubmitSearch {
  const { model, task, from } = raw;
  return {
    ...(typeof model === 'string' ? { model } : {}),
    ...(typeof task === 'string' ? { task } : {}),
    ...(typeof from === 'string' ? { from } : {}),
  };
}
