import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manifest, ManifestTask } from '@omtx/contract';
import { expect, test } from 'vitest';
import { closeName } from './close-name.ts';
import { validateOwn, validateSubmission } from './validate-input.ts';

const manifest = JSON.parse(await readFile(join(import.meta.dirname, '../../../../models/boltz2/model.json'), 'utf8')) as Manifest;
const binding = manifest.tasks.find((task) => task.taskType === 'protein_ligand_binding') as ManifestTask;
const proteinSequence = 'MKVLAAGIVGLLLAQWERTY';

test('parameters get their defaults, and what was given is kept', () => {
  expect(validateSubmission(manifest, binding, { proteinSequence }, { useMsa: false })).toEqual({
    kind: 'valid',
    shared: { proteinSequence },
    parameters: { useMsa: false, usePotentials: false, recyclingSteps: 3, samplingSteps: 200, diffusionSamples: 1 },
  });
});

test('the given objects are not changed', () => {
  const parameters = Object.freeze({});
  validateSubmission(manifest, binding, { proteinSequence }, parameters);
  expect(parameters).toEqual({});
});

test('every error is named with a pointer to the field that is meant, and with the name that was probably meant', () => {
  expect(
    validateSubmission(manifest, binding, { protein_sequence: proteinSequence, colour: 1 }, { samplngSteps: 10, useMsa: 'yes' }),
  ).toEqual({
    kind: 'invalid',
    errors: [
      { pointer: '/input/proteinSequence', detail: '"proteinSequence" is missing.' },
      { pointer: '/input/protein_sequence', detail: 'There is no field "protein_sequence". Did you mean "proteinSequence"?' },
      { pointer: '/input/colour', detail: 'There is no field "colour". Known are: proteinSequence, proteinName.' },
      { pointer: '/parameters/samplngSteps', detail: 'There is no field "samplngSteps". Did you mean "samplingSteps"?' },
      { pointer: '/parameters/useMsa', detail: 'must be boolean.' },
    ],
  });
});

test('nothing is coerced', () => {
  expect(validateSubmission(manifest, binding, { proteinSequence }, { samplingSteps: '20' })).toMatchObject({
    kind: 'invalid',
    errors: [{ pointer: '/parameters/samplingSteps' }],
  });
});

test('the own input of a row is checked with pointers of its own', () => {
  expect(validateOwn(binding, { ligand: { smiles: 'CCO', name: 'ethanol' } })).toEqual({
    kind: 'valid',
    value: { ligand: { smiles: 'CCO', name: 'ethanol' } },
  });
  expect(validateOwn(binding, { ligand: { name: 'ethanol' } })).toEqual({
    kind: 'invalid',
    errors: [{ pointer: '/ligand/smiles', detail: '"smiles" is missing.' }],
  });
  expect(validateOwn(binding, { ligand: 5 })).toEqual({ kind: 'invalid', errors: [{ pointer: '/ligand', detail: 'must be object.' }] });
});

test('a field name with a slash is escaped in its pointer', () => {
  expect(validateOwn(binding, { ligand: { smiles: 'C' }, 'a/b~c': 1 })).toMatchObject({ errors: [{ pointer: '/a~1b~0c' }] });
});

test.each([
  ['stpes', ['seed', 'steps'], 'steps'],
  ['max_concurrency', ['maxConcurrency'], 'maxConcurrency'],
  ['colour', ['steps'], undefined],
  ['x', [], undefined],
])('for %s the close name among %j is %s', (written, known, meant) => {
  expect(closeName(written, known)).toBe(meant);
});
