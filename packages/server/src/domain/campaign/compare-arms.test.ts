import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rankRows } from '../ranking.ts';
import { agreementOf, consensusOf, orderBy, placesOf, selectivityOf, type ArmScores } from './compare-arms.ts';

const arm = (target: string, scores: readonly number[], more: Partial<ArmScores> = {}): ArmScores => ({
  target,
  model: 'vina',
  metric: 'docking_score',
  lowerIsBetter: true,
  scores: Float64Array.from(scores),
  ...more,
});

test('the best row has place 1, equal scores share a place, a row without a score has none', () => {
  expect([...placesOf(arm('a', [-7, -9, NaN, -9, -5]))]).toEqual([3, 1, 0, 1, 4]);
  expect([...placesOf(arm('a', [-7, -9, NaN], { lowerIsBetter: false }))]).toEqual([1, 2, 0]);
});

test('places are those of the rank in the table of a job', () => {
  const score = fc.oneof(fc.integer({ min: -5, max: 5 }), fc.constant(NaN));
  fc.assert(
    fc.property(fc.array(score, { maxLength: 30 }), fc.boolean(), (scores, lowerIsBetter) => {
      const ranked = rankRows(
        scores.map((each, index) => ({ index, score: each })),
        lowerIsBetter ? 'lower' : 'higher',
      ).toSorted((a, b) => a.index - b.index);
      expect([...placesOf(arm('a', scores, { lowerIsBetter }))]).toEqual(ranked.map(({ rank }) => rank ?? 0));
    }),
  );
});

test('consensus is the mean share of the place; a row that an arm has no score for has none', () => {
  const places = [placesOf(arm('a', [-9, -8, -7])), placesOf(arm('b', [-5, -6, NaN]))];
  expect([...consensusOf(places)]).toEqual([0.5, 0.25, NaN]);
});

test('the order of the consensus is the same whatever the unit and direction of the scores', () => {
  const different = fc.uniqueArray(fc.integer({ min: -1_000, max: 1_000 }), { minLength: 2, maxLength: 20 });
  fc.assert(
    fc.property(different, (scores) => {
      const own = placesOf(arm('a', scores));
      const turned = placesOf(
        arm(
          'a',
          scores.map((each) => -3 * each + 7),
          { lowerIsBetter: false },
        ),
      );
      expect([...consensusOf([own, turned])]).toEqual([...consensusOf([own])]);
    }),
  );
});

test('arms of one order agree fully, of turned orders not at all, also across directions', () => {
  const a = arm('a', [-9, -8, -7, -6, NaN]);
  expect(agreementOf(a, arm('b', [-5, -4, -3, -2, -1]))).toEqual({ rows: 4, spearman: 1 });
  expect(agreementOf(a, arm('b', [1, 2, 3, 4, 5], { lowerIsBetter: false }))).toEqual({ rows: 4, spearman: -1 });
});

test('equal scores count with their mean place (Spearman with ties, worked by hand)', () => {
  // Places 1.5 1.5 3 4 and 1 2 3.5 3.5: the sums of squares are 4.5 each and that of the products is 4.
  expect(agreementOf(arm('a', [-9, -9, -7, -6]), arm('b', [-9, -8, -7, -7])).spearman).toBeCloseTo(4 / 4.5, 12);
});

test('of fewer than three shared rows, or where one side has one score only, nothing is said', () => {
  expect(agreementOf(arm('a', [-9, -8, NaN]), arm('b', [-9, -8, -7]))).toEqual({ rows: 2, spearman: null });
  expect(agreementOf(arm('a', [-9, -9, -9]), arm('b', [-9, -8, -7]))).toEqual({ rows: 3, spearman: null });
});

test('selectivity is the margin over the most favoured other target, and its sign says who wins', () => {
  const arms = [arm('cox2', [-12, -8, -9]), arm('cox1', [-8, -9, NaN]), arm('herg', [-9, -5, -5])];
  expect([...selectivityOf(arms, 'cox2')]).toEqual([3, -1, NaN]);
  expect([...selectivityOf(arms, 'cox1')]).toEqual([-4, 1, NaN]);
});

test('of several models the least margin counts, and scores of different metrics are not compared', () => {
  const affinity = { model: 'boltz2', metric: 'affinity_probability', lowerIsBetter: false };
  const arms = [arm('a', [-12]), arm('b', [-8]), arm('a', [0.9], affinity), arm('b', [0.7], affinity)];
  expect(selectivityOf(arms, 'a')[0]).toBeCloseTo(0.2, 12);
  expect(selectivityOf([arm('a', [-12]), arm('b', [0.5], { metric: 'other' })], 'a')[0]).toBeNaN();
  expect(selectivityOf([arm('a', [-12])], 'a')[0]).toBeNaN();
});

test('rows without a value come last in both orders', () => {
  expect([...orderBy([2, NaN, 1, 2], true)]).toEqual([2, 0, 3, 1]);
  expect([...orderBy([2, NaN, 1, 2], false)]).toEqual([0, 3, 2, 1]);
});
