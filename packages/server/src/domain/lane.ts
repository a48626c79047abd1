/** Which lane a job takes: interactive jobs go before bulk ones. */

export type Lane = 'interactive' | 'bulk';

/** A person waits for so many rows, and for so long; the first hub drew the line here. */
export const INTERACTIVE_ROWS = 10;
const INTERACTIVE_SECONDS = 300;
/** Fewer rows are too small a job to be sent to the back. */
const BULK_WISH_ROWS = 5;

/** @param rowCount rows that will run @param timing seconds, as measured or as the manifest hints @param wish what the submission asks for */
export function laneOf(
  rowCount: number,
  timing: { readonly setupSeconds: number; readonly rowSeconds: number },
  wish: 'bulk' | undefined,
): Lane {
  if (wish === 'bulk' && rowCount >= BULK_WISH_ROWS) return 'bulk';
  const seconds = timing.setupSeconds + rowCount * timing.rowSeconds;
  // One row is never cut in two: however long it takes, its owner waits for that row alone.
  return rowCount === 1 || (rowCount <= INTERACTIVE_ROWS && seconds <= INTERACTIVE_SECONDS) ? 'interactive' : 'bulk';
}
