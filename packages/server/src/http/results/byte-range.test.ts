import { expect, test } from 'vitest';
import { byteRangeOf } from './byte-range.ts';

test.each([
  ['bytes=0-3', { first: 0, last: 3 }],
  ['bytes=4-', { first: 4, last: 9 }],
  ['bytes=-3', { first: 7, last: 9 }],
  ['bytes=-30', { first: 0, last: 9 }],
  ['bytes=8-400', { first: 8, last: 9 }],
])('%s of ten bytes is a part of them', (header, range) => {
  expect(byteRangeOf(header, 10)).toEqual(range);
});

test.each(['bytes=10-', 'bytes=10-20', 'bytes=-0'])('%s of ten bytes is none of them', (header) => {
  expect(byteRangeOf(header, 10)).toBe('unsatisfiable');
});

test.each([undefined, '', 'bytes=', 'bytes=-', 'bytes=5-3', 'bytes=0-1,4-5', 'rows=0-1', 'bytes=a-b'])(
  '%s is answered with the whole',
  (header) => {
    expect(byteRangeOf(header, 10)).toBeUndefined();
  },
);
