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
    parameters: expect.objectContaining({
      useMsa: false,
      usePotentials: false,
      recyclingSteps: 3,
      samplingSteps: 200,
      diffusionSamples: 1,
    }) as object,
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

const vina = JSON.parse(await readFile(join(import.meta.dirname, '../../../../models/vina/model.json'), 'utf8')) as Manifest;
const docking = vina.tasks[0] as ManifestTask;
const box = { center: [0, 0, 0], size: [20, 20, 20] };

test.each([
  [{ receptor: { dockstring: 'PTGS3' } }, ['/input/receptor/dockstring'], /^must be one of "ABL1", .*Did you mean "PTGS2"\?$/],
  [{ receptor: {} }, ['/input/receptor'], /^must have the field dockstring, pdbqt or pdb\.$/],
  [{ receptor: 5 }, ['/input/receptor'], /^must be object\.$/],
  [{ receptor: { pdb: 'x', chain: ['A'] }, box }, ['/input/receptor/chain'], /^There is no field "chain"\. Did you mean "chains"\?$/],
  [{ receptor: { pdbqt: 'x' }, box: { ...box, size: [500, 20, 20] } }, ['/input/box/size/0'], /^must be <= 40\.$/],
  [{ receptor: { pdbqt: '' }, box }, ['/input/receptor/pdbqt'], /^must not be empty\.$/],
  [{ receptor: { pdbqt: 'x' } }, ['/input/box'], /^"box" is missing\.$/],
  [{ receptor: { pdb: 'x' } }, ['/input/box'], /^"box" is missing\.$/],
])('of alternatives only the one that was meant is told about: %j', (shared, pointers, detail) => {
  const validation = validateSubmission(vina, docking, shared, {});
  const errors = validation.kind === 'invalid' ? validation.errors : [];
  expect(errors.map((error) => error.pointer)).toEqual(pointers);
  expect(errors[0]?.detail).toMatch(detail);
});

test('a prepared target brings its box, and may be given another', () => {
  expect(validateSubmission(vina, docking, { receptor: { dockstring: 'PTGS2' } }, {}).kind).toBe('valid');
  expect(validateSubmission(vina, docking, { receptor: { dockstring: 'PTGS2' }, box }, {}).kind).toBe('valid');
});

test.each([
  [{ smiles: 'C', molblock: 'x' }, 'must have only one of the fields smiles and molblock.'],
  [{ name: 'x' }, 'must have the field smiles or molblock.'],
  [5, 'must be object.'],
])('what fits several alternatives, or none, is told in one sentence: %j', (ligand, detail) => {
  expect(validateOwn(docking, { ligand })).toEqual({ kind: 'invalid', errors: [{ pointer: '/ligand', detail }] });
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
