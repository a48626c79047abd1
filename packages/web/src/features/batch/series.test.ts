import type { RowView } from '@omtx/contract';
import { expect, test } from 'vitest';
import { groupNames, groupSeries } from './series.ts';

const row = (index: number, score?: number) => ({ index, metrics: score === undefined ? {} : { score } }) as unknown as RowView;

test('rows are grouped by scaffold, the largest group first, with its best by the direction of the metric', () => {
  const rows = [row(0, -5), row(1, -9), row(2, -7), row(3), row(4, -8)];
  const scaffolds = ['a', 'b', 'a', 'c', null];
  const groups = groupSeries(rows, scaffolds, { id: 'score', direction: 'lower' });
  expect(groups.map(({ scaffold, members, best }) => [scaffold, members.length, best])).toEqual([
    ['a', 2, -7],
    ['b', 1, -9],
    ['c', 1, undefined],
  ]);
  expect(groupSeries(rows, scaffolds, { id: 'score', direction: 'higher' })[0]?.best).toBe(-5);
});

test('places of a core come in the order of their numbers', () => {
  expect(groupNames([{ R10: 'C', R2: 'C' }, { R1: 'C' }])).toEqual(['R1', 'R2', 'R10']);
});
