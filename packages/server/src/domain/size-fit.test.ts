import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EMPTY_FIT, errorFactor, learnRun, secondsOfSize, type SizedTime, type SizeFit } from './size-fit.ts';

const law = (size: number, power: number, factor = 1): SizedTime => ({ size, seconds: factor * (1 + size) ** power });
const learn = (runs: readonly (readonly SizedTime[])[]): SizeFit => runs.reduce<SizeFit>(learnRun, EMPTY_FIT);
const run = (power: number, factor = 1) => Array.from({ length: 40 }, (_, place) => law(5 + place, power, factor));

test('nothing is foretold before the first run', () => {
  expect(secondsOfSize(EMPTY_FIT, 20)).toBeUndefined();
  expect(learnRun(EMPTY_FIT, [{ size: 3, seconds: 0 }])).toBe(EMPTY_FIT);
});

test.each([0, 1, 2])('rows whose time grows with power %d of their size are foretold at sizes that were not seen', (power) => {
  const fit = learn([run(power), run(power), run(power)]);
  const expected = law(90, power).seconds;
  const found = secondsOfSize(fit, 90) ?? 0;
  expect(Math.abs(Math.log(found / expected))).toBeLessThan(Math.log(1.35));
});

test('rows of one size give their mean, whatever size is asked for', () => {
  const fit = learn([Array.from({ length: 20 }, () => ({ size: 30, seconds: 4 }))]);
  for (const size of [1, 30, 900]) expect(secondsOfSize(fit, size)).toBeCloseTo(4, 6);
});

test('a few rows of different sizes are too few for a slope', () => {
  const fit = learn([[law(10, 2), law(20, 2), law(30, 2)]]);
  expect(secondsOfSize(fit, 10)).toBe(secondsOfSize(fit, 1_000));
});

test('the interval is as wide as earlier predictions were wrong, and narrows where they were right', () => {
  const steady = learn(Array.from({ length: 12 }, () => run(1)));
  const erratic = learn(Array.from({ length: 12 }, (_, place) => run(1, place % 2 === 0 ? 1 : 8)));
  expect(errorFactor(EMPTY_FIT)).toBeGreaterThan(2);
  expect(errorFactor(steady)).toBeLessThan(1.6);
  expect(errorFactor(erratic)).toBeGreaterThan(3);
});

test('about four of five runs lie within the interval that was told before them', () => {
  // Runs on other targets and settings: each has a factor of its own, log-normal with a spread of 0.5.
  const spread = [-0.9, 0.4, -0.1, 0.7, -0.5, 0.2, 1.0, -0.3, 0.05, -0.7, 0.55, -0.2, 0.3, -0.4, 0.85, -1.0, 0.1, 0.45, -0.6, 0.25];
  let fit = learn([run(1.5)]);
  let inside = 0;
  for (const ln of spread) {
    const rows = run(1.5, Math.exp(0.8 * ln));
    const took = rows.reduce((sum, { seconds }) => sum + seconds, 0);
    const told = rows.reduce((sum, { size }) => sum + (secondsOfSize(fit, size) ?? 0), 0);
    const factor = errorFactor(fit);
    if (took >= told / factor && took <= told * factor) inside += 1;
    fit = learnRun(fit, rows);
  }
  expect(inside / spread.length).toBeGreaterThanOrEqual(0.7);
});

test('a prediction is positive and finite and never falls with the size, whatever was measured', () => {
  const row = fc.record({ size: fc.integer({ min: 0, max: 1e6 }), seconds: fc.double({ min: 0, max: 1e6, noNaN: true }) });
  fc.assert(
    fc.property(fc.array(fc.array(row, { maxLength: 30 }), { maxLength: 8 }), fc.nat(1e5), fc.nat(1e5), (runs, a, b) => {
      const fit = learn(runs);
      const [small, large] = [secondsOfSize(fit, Math.min(a, b)), secondsOfSize(fit, Math.max(a, b))];
      if (small === undefined || large === undefined) return;
      expect(Number.isFinite(large)).toBe(true);
      expect(small).toBeGreaterThan(0);
      expect(large).toBeGreaterThanOrEqual(small * (1 - 1e-9));
      expect(errorFactor(fit)).toBeGreaterThanOrEqual(1);
    }),
  );
});
