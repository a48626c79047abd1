import { newJobId, newRunId } from '@omtx/contract';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { newBatchChild, newBatchParent, newIndividualJob, transition, type JobCommand, type JobState } from './job.ts';

const AT = new Date('2026-01-01T00:00:00Z');
const runs = [newRunId(1), newRunId(2)];
const base = { taskType: 'protein_ligand_docking', modelId: 'vina', modelVersion: '1.2.7', name: 'a screen' };
const isFinal = (state: JobState): boolean => ['completed', 'failed', 'cancelled'].includes(state.status);

const command: fc.Arbitrary<JobCommand> = fc
  .constantFrom(...runs)
  .chain((runId) =>
    fc.constantFrom<JobCommand>(
      { kind: 'start', runId, at: AT },
      { kind: 'putBack', runId, blamed: true },
      { kind: 'putBack', runId, blamed: false },
      { kind: 'complete', runId, metrics: { docking_score: -7 }, at: AT },
      { kind: 'fail', runId, failure: { code: 'timeout', message: 'too slow' }, at: AT },
      { kind: 'reuse', from: 0, metrics: {}, at: AT },
      { kind: 'reject', rejection: { code: 'rejected_empty', message: 'nothing there' }, at: AT },
      { kind: 'cancel', at: AT },
    ),
  );

test('a job ends once: after its outcome no command of the hub changes it', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 30 }), (commands) => {
      let state: JobState = { status: 'pending', attempt: 1 };
      let ends = 0;
      for (const next of commands) {
        const moved = transition(state, next);
        if (isFinal(state)) expect(moved).toBeUndefined();
        else if (moved && isFinal(moved)) ends += 1;
        state = moved ?? state;
      }
      expect(ends).toBe(isFinal(state) ? 1 : 0);
    }),
  );
});

test('whatever happened, a job can still be ended by a cancel, and the attempt never falls', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 30 }), (commands) => {
      const states = [{ status: 'pending', attempt: 1 } as JobState];
      for (const next of commands) states.push(transition(states.at(-1) as JobState, next) ?? (states.at(-1) as JobState));
      states.forEach((state, index) => {
        expect(state.attempt).toBeGreaterThanOrEqual(states[index - 1]?.attempt ?? 1);
      });
      const last = states.at(-1) as JobState;
      if (!isFinal(last)) expect(transition(last, { kind: 'cancel', at: AT })?.status).toBe('cancelled');
    }),
  );
});

test('an outcome of another run changes nothing', () => {
  const running = transition({ status: 'pending', attempt: 1 }, { kind: 'start', runId: runs[0] as never, at: AT }) as JobState;
  expect(transition(running, { kind: 'complete', runId: runs[1] as never, metrics: {}, at: AT })).toBeUndefined();
  expect(transition(running, { kind: 'complete', runId: runs[0] as never, metrics: {}, at: AT })?.status).toBe('completed');
});

test('a person can retry what failed or was cancelled, not what completed', () => {
  expect(transition({ status: 'cancelled', attempt: 1, finishedAt: AT }, { kind: 'retry' })).toEqual({ status: 'pending', attempt: 2 });
  expect(
    transition({ status: 'completed', attempt: 1, metrics: {}, reusedFrom: undefined, finishedAt: AT }, { kind: 'retry' }),
  ).toBeUndefined();
});

test('the three types of job', () => {
  const parent = newBatchParent({ ...base, id: newJobId(), shared: {}, total: 12 });
  const child = newBatchChild(parent, { index: 3, name: 'celecoxib', own: { ligand: {} } });
  expect(newIndividualJob({ ...base, id: newJobId(), shared: {}, own: {} })).toMatchObject({
    jobType: 'individual',
    state: { status: 'pending', attempt: 1 },
  });
  expect(child).toMatchObject({
    jobType: 'batch_child',
    id: `${parent.id}-0003`,
    batchId: parent.id,
    index: 3,
    modelId: 'vina',
    name: 'celecoxib',
  });
  expect(() => newBatchChild(parent, { index: 12, name: 'x', own: {} })).toThrow(/outside/);
  expect(() => newBatchParent({ ...base, id: newJobId(), shared: {}, total: 0 })).toThrow(/at least one/);
});
