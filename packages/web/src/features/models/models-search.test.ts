import { expect, test } from 'vitest';
import { readModelsSearch } from './models-search.ts';

test('an address holds the filters of the catalogue, and what is no filter or no choice of one is left out', () => {
  expect(readModelsSearch({ search: 'fold', gpu: 'none', task: 'pose_check', license: 'MIT' })).toEqual({
    search: 'fold',
    gpu: 'none',
    task: 'pose_check',
    license: 'MIT',
  });
  expect(readModelsSearch({ gpu: 'some', status: '', search: 8, other: 'x' })).toEqual({ search: '8' });
});
