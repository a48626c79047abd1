import { expect, test } from 'vitest';
import { allowed, fieldsOf, helpText } from './describe-schema.ts';

const SCHEMA = {
  type: 'object',
  properties: {
    receptor: {
      oneOf: [
        { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
        {
          type: 'object',
          properties: { pdb: { type: 'string' }, chains: { type: 'array', items: { type: 'string' } } },
          required: ['pdb'],
        },
      ],
    },
    molecules: {
      type: 'array',
      title: 'Molecules',
      items: { type: 'object', properties: { sequence: { type: 'string', title: 'Sequence' } } },
    },
    seeds: { type: 'array', title: 'Seeds', description: 'One each.', items: { type: 'integer', minimum: 1 } },
  },
  required: ['receptor'],
};

test('fields are named by their way from the top, and say whether they are needed', () => {
  expect(fieldsOf(SCHEMA).map(({ path, needed }) => `${path} ${needed}`)).toEqual([
    'receptor.name one of',
    'receptor.pdb one of',
    'receptor.chains[] no',
    'molecules[].sequence no',
    'seeds[] no',
  ]);
});

test('a list of plain values has the help of the list', () => {
  const seeds = fieldsOf(SCHEMA).at(-1)?.schema ?? {};
  expect([helpText(seeds), allowed(seeds)]).toEqual(['Seeds: One each.', 'from 1']);
});

test('what may be given is said in words, with an example where there is a short one', () => {
  expect(allowed({ type: 'number', minimum: 0, maximum: 14 })).toBe('0 to 14');
  expect(allowed({ type: 'string', examples: ['CCO'] })).toBe('text, such as CCO');
  expect(allowed({ type: 'string', examples: ['C'.repeat(200)] })).toBe('text');
  expect(allowed({ enum: ['a', 'b'] })).toBe('a, b');
  expect(allowed({ enum: [...'abcdefghijkl'] })).toBe('a, b, c, d, e, f, g, h and 4 more');
});

test('alternatives that only name fields make each of them one of several', () => {
  const ligand = { properties: { name: { type: 'string' }, smiles: { type: 'string' }, molblock: { type: 'string' } } };
  const schema = { ...ligand, anyOf: [{ required: ['smiles'] }, { required: ['molblock'] }] };
  expect(fieldsOf(schema).map(({ path, needed }) => `${path} ${needed}`)).toEqual(['name no', 'smiles one of', 'molblock one of']);
});

test('the first field of an object says what the object is', () => {
  const framework = {
    description: 'A nanobody.',
    properties: { pdb: { title: 'PDB text', description: 'ATOM records.' }, chain: { title: 'Chain' } },
  };
  const fields = fieldsOf({ description: 'The whole.', properties: { framework } });
  expect(fields.map(({ schema }) => helpText(schema))).toEqual(['PDB text: A nanobody. ATOM records.', 'Chain']);
});
