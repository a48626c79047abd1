import { expect, test } from 'vitest';
import { FAILURE_CODES, isFailureCode, REJECTION_CODES } from './failures.ts';
import { PROBLEMS } from './problems.ts';
import { findTaskType, LIGAND_ARRAYS, TASK_TYPES } from './tasks.ts';

const sentence = /^[A-Z"].*\.$/;

test.each(Object.entries(FAILURE_CODES))('failure %s has a title and a remedy in words', (code, kind) => {
  expect(isFailureCode(code)).toBe(true);
  expect(kind.title).toMatch(/^[A-Z][^.]*$/);
  expect(kind.remedy).toMatch(sentence);
});

test.each(Object.entries(REJECTION_CODES))('rejection %s has a title and a remedy, and a name that old rows are told by', (code, kind) => {
  expect(code).toMatch(/^rejected_[a-z_]+$/);
  expect(kind.title).toMatch(/^[A-Z]/);
  expect(kind.remedy).toMatch(sentence);
});

test('no code is both a failure and a rejection', () => {
  expect(Object.keys(REJECTION_CODES).filter(isFailureCode)).toEqual([]);
});

test('a name of an object prototype is no failure code', () => {
  expect(isFailureCode('constructor')).toBe(false);
});

test.each(Object.entries(PROBLEMS))('problem %s has an error status and a title', (code, problem) => {
  expect(code).toMatch(/^[a-z_]+$/);
  expect(problem.status).toBeGreaterThanOrEqual(400);
  expect(problem.status).toBeLessThan(600);
  expect(problem.title).not.toBe('');
});

test('task types are there once each, the eleven old ones among them', () => {
  const ids: readonly string[] = TASK_TYPES.map((task) => task.id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids).toEqual(
    expect.arrayContaining([
      'antibody_de_novo_design',
      'batch_protein_ligand_screening',
      'binding_site_prediction',
      'cdr_optimization',
      'drug_discovery',
      'epitope_targeted_design',
      'nanobody_design',
      'protein_complex',
      'protein_ligand_binding',
      'protein_structure',
      'variant_comparison',
    ]),
  );
});

test('a task splits by one kind of array, or not at all; a single-chain task by sequences', () => {
  for (const task of TASK_TYPES) {
    const allowed = task.isSingleChain ? [['sequences']] : [[], [...LIGAND_ARRAYS], ['structures'], ['poseSets'], ['queries']];
    expect(allowed).toContainEqual(task.rowsFrom);
  }
});

test('a task type is found by its id only', () => {
  expect(findTaskType('drug_discovery')?.title).toBe('Drug discovery');
  expect(findTaskType('toString')).toBeUndefined();
});
