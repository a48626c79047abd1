import type { JobDetail, Progress, RowView } from '@omtx/contract';
import { expect, test } from 'vitest';
import { formatTable } from '@omtx/cli/table';
import { findFaults } from './screen.ts';

const progress: Progress = {
  total: 4,
  pending: 1,
  running: 1,
  completed: 1,
  failed: 1,
  cancelled: 0,
  reused: 0,
  rejected: 1,
  checked: 4,
  percentage: 50,
  successRate: 1,
  secondsLeft: 12.2,
};
const row = (index: number, change: Partial<RowView>): RowView => ({
  id: `b-000${index}`,
  index,
  line: index + 2,
  name: `ligand ${index}`,
  status: 'completed',
  outcome: 'completed',
  rank: index + 1,
  metrics: { docking_score: -9.25 },
  failure: null,
  reusedFrom: null,
  attempt: 1,
  ownInput: {},
  canonicalSmiles: 'C',
  notes: [],
  startedAt: null,
  finishedAt: null,
  ...change,
});

test('the table shows rank, score with unit, outcome, and why a row has no score of its own', () => {
  const rejection = { code: 'rejected_invalid_smiles', message: 'The SMILES cannot be read.', title: '', remedy: '' };
  const table = formatTable(
    [
      row(0, { notes: [{ code: 'salt_removed', message: 'kept the largest fragment' }] }),
      row(1, { outcome: 'reused', reusedFrom: 0 }),
      row(2, { status: 'failed', outcome: 'rejected', rank: null, metrics: {}, failure: rejection }),
    ],
    'docking_score',
  )
    .split('\n')
    .map((line) =>
      line
        .split(/ {2,}/)
        .map((cell) => cell.trim())
        .filter((cell) => cell !== ''),
    );
  expect(table).toEqual([
    ['rank', 'row', 'ligand', 'Docking score [kcal/mol]', 'outcome', 'notes'],
    expect.arrayContaining(['----']),
    ['1', '0', 'ligand 0', '-9.3', 'completed', 'kept the largest fragment'],
    ['2', '1', 'ligand 1', '-9.3', 'reused', 'same as row 0 (ligand 0)'],
    ['-', '2', 'ligand 2', '-', 'rejected', 'line 4: The SMILES cannot be read.'],
  ]);
});

test('in a terminal the notes are wrapped within their column', () => {
  const note = { code: 'salt_removed', message: `kept the largest fragment ${'C'.repeat(60)}` };
  const wide = formatTable([row(0, { notes: [note] })], 'docking_score');
  const wrapped = formatTable([row(0, { notes: [note] })], 'docking_score', 90).split('\n');
  expect(Math.max(...wrapped.map((line) => line.length))).toBeLessThanOrEqual(90);
  expect(wrapped.join('').replaceAll(/[\s-]/g, '')).toBe(wide.replaceAll(/[\s-]/g, ''));
});

test('a screen is faulty when it did not complete, lost a row, or left one without outcome', () => {
  const job = { status: 'completed', progress: { ...progress, total: 2 } } as JobDetail;
  expect(findFaults({ job, rows: [row(0, {}), row(1, {})] })).toEqual([]);
  expect(findFaults({ job, rows: [row(0, { outcome: null })] })).toEqual([
    '1 rows came back of 2.',
    'Row 1 is missing.',
    'Row 0 has no outcome.',
  ]);
});
