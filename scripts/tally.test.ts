import { expect, test } from 'vitest';
import { judgeSkips, readUnittest, summaryLine, withExitCode, type Tally } from './tally.ts';

const tally: Tally = {
  passed: 3,
  failed: 0,
  skipped: [
    { name: 'a', reason: 'no GPU' },
    { name: 'b', reason: ' ' },
  ],
};

test('a skip without a reason is a failure, and in CI each skip is', () => {
  expect(summaryLine(judgeSkips(tally, false))).toBe('3 passed, 1 failed, 1 skipped');
  expect(summaryLine(judgeSkips(tally, true))).toBe('3 passed, 2 failed, 0 skipped');
});

test('a runner that crashes without a failed test counts as one failure', () => {
  expect(withExitCode({ passed: 2, failed: 0, skipped: [] }, 1).failed).toBe(1);
  expect(withExitCode({ passed: 2, failed: 3, skipped: [] }, 1).failed).toBe(3);
});

test('the summary of unittest is read, with failures, errors and reasons of skips', () => {
  const output =
    "test_a (t.T.test_a) ... ok\ntest_b (t.T.test_b) ... skipped 'no engine here'\ntest_c (t.T.test_c) ... FAIL\n\nRan 4 tests in 0.001s\n\nFAILED (failures=1, errors=1, skipped=1)\n";
  expect(readUnittest(output)).toEqual({ passed: 1, failed: 2, skipped: [{ name: 'test_b', reason: 'no engine here' }] });
  expect(readUnittest('Ran 2 tests in 0.000s\n\nOK\n')).toEqual({ passed: 2, failed: 0, skipped: [] });
  expect(readUnittest('Traceback')).toBeUndefined();
});
