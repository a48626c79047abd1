import { expect, test } from 'vitest';
import { EMPTY_REGISTRY } from './registry.ts';
import { hintForUnknown } from './unknown-model.ts';

const registry = {
  ...EMPTY_REGISTRY,
  models: new Map([['vina', {} as never]]),
  broken: [{ folder: '/data/models/toy-1.0.0', reasons: ['/limits/0/rule: must be one of "residues".'] }],
};

test('a model whose folder is broken is told from one that nobody has', () => {
  expect(hintForUnknown(registry, 'toy')).toBe(
    'Its folder is there, but the operator has to mend it: /limits/0/rule: must be one of "residues".',
  );
  expect(hintForUnknown(registry, 'vnia')).toBe('Did you mean "vina"?');
  expect(hintForUnknown(registry, 'to')).toBe('GET /api/v4/models lists the models.');
});
