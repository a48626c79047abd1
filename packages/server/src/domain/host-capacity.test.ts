import { expect, test } from 'vitest';
import { HostCapacity, hardwareOf, type Gpu } from './host-capacity.ts';

const gpus: readonly Gpu[] = ['0', '1'].map((device) => ({ device, name: 'H100' }));
const needsOne = { cpus: 1, gpus: 1 };
const helped = { cpus: 1, gpus: 0, gpuHelps: true };
const plain = { cpus: 2, gpus: 0 };

function devicesOf(capacity: HostCapacity, model: string): readonly string[] {
  const room = capacity.room(needsOne, true);
  return room ? capacity.take(model, needsOne, room).gpus.map(({ device }) => device) : [];
}

test('runs of a model that needs a GPU have one each, and the next one has no room', () => {
  const capacity = new HostCapacity(8, gpus);
  expect(devicesOf(capacity, 'a')).toEqual(['0']);
  expect(devicesOf(capacity, 'a')).toEqual(['1']);
  expect(capacity.room(needsOne, true)).toBeUndefined();
  expect(capacity.room(plain, true)).toEqual({ slots: 3, gpus: 0 });
});

test('a model comes back to the GPU on which it may still be loaded, and else takes one where nothing is', () => {
  const capacity = new HostCapacity(8, gpus);
  const first = capacity.take('a', needsOne, { slots: 1, gpus: 1 });
  capacity.giveBack(first);
  expect(devicesOf(capacity, 'b')).toEqual(['1']);
  expect(devicesOf(capacity, 'a')).toEqual(['0']);
});

test('a model that is faster with a GPU takes a free one, and runs on CPUs where none is free or another model needs it', () => {
  const capacity = new HostCapacity(4, gpus.slice(0, 1));
  expect(capacity.room(helped, false)).toEqual({ slots: 4, gpus: 0 });
  const room = capacity.room(helped, true);
  expect(room).toEqual({ slots: 1, gpus: 1 });
  if (room) capacity.take('helped', helped, room);
  expect(capacity.room(helped, true)).toEqual({ slots: 3, gpus: 0 });
});

test('a host offers as many rows at once as its CPUs and GPUs allow, and none where it lacks the GPUs', () => {
  expect(new HostCapacity(8, gpus).slotsOf(needsOne)).toBe(2);
  expect(new HostCapacity(1, gpus).slotsOf(needsOne)).toBe(1);
  expect(new HostCapacity(8, []).slotsOf(needsOne)).toBe(0);
  expect(new HostCapacity(8, gpus).slotsOf({ cpus: 1, gpus: 4 })).toBe(0);
  expect(new HostCapacity(1, []).slotsOf(plain)).toBe(1);
});

test('tenths of CPUs add up', () => {
  const capacity = new HostCapacity(1, []);
  const small = { cpus: 0.1, gpus: 0 };
  for (let run = 0; run < 9; run++) capacity.take('small', small, { slots: 1, gpus: 0 });
  expect(capacity.room(small, true)).toEqual({ slots: 1, gpus: 0 });
});

test('times are compared on the same hardware', () => {
  expect(hardwareOf(8, [])).toBe('8 CPUs');
  expect(hardwareOf(8, gpus.slice(0, 1))).toBe('H100');
  expect(hardwareOf(8, gpus)).toBe('2 x H100');
});
