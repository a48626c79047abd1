import { expect, test } from 'vitest';
import { missingOf, shapeOf } from './task-shape.ts';

const PROTEIN = { required: ['proteinSequence'], properties: { proteinSequence: { type: 'string', minLength: 10, maxLength: 1024 } } };
const QUERY = {
  required: ['query'],
  properties: { query: { type: 'object', properties: { name: {}, sequence: { type: 'string', pattern: '^[ACGU]+$' } } } },
};

test('rows of a task are ligands, sequences, or what its own schema asks for', () => {
  expect(shapeOf({ rowsFrom: ['ligands'], shared: {}, own: {} })?.rows).toBe('ligands');
  expect(shapeOf({ rowsFrom: ['sequences'], own: PROTEIN })?.rows).toBe('sequences');
  expect(shapeOf({ rowsFrom: ['queries'], own: QUERY })?.rows).toBe('sequences');
  expect(shapeOf({ rowsFrom: ['structures'] })?.rows).toBe('form');
  expect(shapeOf(undefined)).toBeUndefined();
});

test('a row that needs more than its letters is a form', () => {
  const mutated = { ...PROTEIN, required: ['proteinSequence', 'mutations'] };
  expect(shapeOf({ rowsFrom: ['sequences'], own: mutated })?.rows).toBe('form');
});

test('the place of the letters is known with what the model says of them', () => {
  expect(shapeOf({ rowsFrom: ['sequences'], own: PROTEIN })?.sequence).toMatchObject({
    property: 'proteinSequence',
    minLength: 10,
    maxLength: 1024,
  });
  expect(shapeOf({ rowsFrom: ['queries'], own: QUERY })?.sequence).toMatchObject({
    holder: 'query',
    property: 'sequence',
    pattern: '^[ACGU]+$',
  });
});

test('a task whose rows share nothing has no shared schema', () => {
  expect(shapeOf({ shared: { type: 'object', properties: {} } })?.shared).toBeUndefined();
  expect(shapeOf({ shared: { type: 'object', properties: { receptor: {} } } })?.shared).toBeDefined();
});

test('what is required and has neither value nor default is missing, inside a given object too', () => {
  const schema = {
    required: ['structure', 'mode', 'name'],
    properties: {
      structure: { type: 'object', title: 'Structure', required: ['pdb'], properties: { pdb: { title: 'PDB text' } } },
      mode: { title: 'Mode', default: 'fast' },
      name: {},
    },
  };
  expect(missingOf(schema, {})).toEqual(['Structure', 'name']);
  expect(missingOf(schema, { structure: { name: 'x' }, name: 'y' })).toEqual(['PDB text']);
  expect(missingOf(schema, { structure: { pdb: 'ATOM' }, name: '' })).toEqual(['name']);
});
