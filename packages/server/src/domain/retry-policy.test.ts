import { FAILURE_CODES, type FailureCode } from '@omtx/contract';
import { expect, test } from 'vitest';
import { decideRetry, MAX_ATTEMPTS } from './retry-policy.ts';

const codes = Object.keys(FAILURE_CODES) as FailureCode[];
const byRule = (rule: string): FailureCode[] => codes.filter((code) => FAILURE_CODES[code].retry === rule);

test.each(byRule('never'))('%s is final at once', (code) => {
  expect(decideRetry({ code, times: 1, wasAlone: false })).toEqual({ kind: 'final' });
});

test.each(byRule('alone'))('%s is put back alone, once', (code) => {
  expect(decideRetry({ code, times: 1, wasAlone: false })).toEqual({ kind: 'requeue', alone: true, delaySeconds: 0 });
  expect(decideRetry({ code, times: 2, wasAlone: true })).toEqual({ kind: 'final' });
});

test.each(byRule('always'))('%s is put back with a growing delay', (code) => {
  expect([1, 2].map((times) => decideRetry({ code, times, wasAlone: false }))).toEqual([
    { kind: 'requeue', alone: false, delaySeconds: 5 },
    { kind: 'requeue', alone: false, delaySeconds: 10 },
  ]);
});

test.each(codes)('%s ends after the most attempts, and a row that ran alone never goes back among others', (code) => {
  expect(decideRetry({ code, times: MAX_ATTEMPTS, wasAlone: false })).toEqual({ kind: 'final' });
  const again = decideRetry({ code, times: 1, wasAlone: true });
  if (again.kind === 'requeue') expect(again.alone).toBe(true);
});
