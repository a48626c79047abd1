/** Counts of tests across runners, and the rules of a skip: it needs a reason, and with `CI=true` it is a failure. */
export interface Skip {
  readonly name: string;
  readonly reason: string;
}

export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly Skip[];
}

export const PASSED: Tally = { passed: 1, failed: 0, skipped: [] };
export const FAILED: Tally = { passed: 0, failed: 1, skipped: [] };
export const NOTHING: Tally = { passed: 0, failed: 0, skipped: [] };

export function skip(name: string, reason: string): Tally {
  return { passed: 0, failed: 0, skipped: [{ name, reason }] };
}

export function add(one: Tally, two: Tally): Tally {
  return { passed: one.passed + two.passed, failed: one.failed + two.failed, skipped: [...one.skipped, ...two.skipped] };
}

/** A skip without a reason fails everywhere, any skip fails in CI. */
export function judgeSkips(tally: Tally, inCi: boolean): Tally {
  const kept = inCi ? [] : tally.skipped.filter((each) => each.reason.trim() !== '');
  return { passed: tally.passed, failed: tally.failed + tally.skipped.length - kept.length, skipped: kept };
}

/** The last line of `npm test`. */
export function summaryLine(tally: Tally): string {
  return `${tally.passed} passed, ${tally.failed} failed, ${tally.skipped.length} skipped`;
}

/** A runner that ended badly without a failed test (it crashed, or a file did not load) is one failure. */
export function withExitCode(tally: Tally, exitCode: number): Tally {
  return exitCode !== 0 && tally.failed === 0 ? { ...tally, failed: 1 } : tally;
}

/** What `tally-reporter.ts` wrote. */
export function parseTally(text: string): Tally {
  const value: unknown = JSON.parse(text);
  if (!isTally(value)) throw new Error(`Not a tally: ${text.slice(0, 200)}`);
  return value;
}

function isTally(value: unknown): value is Tally {
  if (typeof value !== 'object' || value === null || !('passed' in value) || !('failed' in value) || !('skipped' in value)) return false;
  return typeof value.passed === 'number' && typeof value.failed === 'number' && Array.isArray(value.skipped);
}

/** From `python -m unittest -v`, which writes to its standard error. @returns undefined when it never came to its summary */
export function readUnittest(output: string): Tally | undefined {
  const ran = /^Ran (\d+) tests? in /m.exec(output);
  const verdict = /^(?:OK|FAILED|NO TESTS RAN)(?: \(([^)]*)\))?\s*$/m.exec(output);
  if (ran === null || verdict === null) return undefined;
  const counts = new Map([...(verdict[1] ?? '').matchAll(/([a-z ]+)=(\d+)/g)].map((match) => [match[1]?.trim() ?? '', Number(match[2])]));
  const failed = (counts.get('failures') ?? 0) + (counts.get('errors') ?? 0) + (counts.get('unexpected successes') ?? 0);
  const skipped = [...output.matchAll(/^(\S+).* \.\.\. skipped (['"])(.*)\2$/gm)].map((match) => ({
    name: match[1] ?? '',
    reason: match[3] ?? '',
  }));
  while (skipped.length < (counts.get('skipped') ?? 0)) skipped.push({ name: 'a Python test', reason: '' });
  return { passed: Math.max(0, Number(ran[1]) - failed - skipped.length), failed, skipped };
}
