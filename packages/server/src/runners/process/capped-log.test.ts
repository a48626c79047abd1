import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CappedLog } from './capped-log.ts';

const KEPT_BYTES = 256 * 1024;

function logOf(...pieces: readonly string[]): CappedLog {
  const log = new CappedLog();
  for (const piece of pieces) log.append(Buffer.from(piece));
  return log;
}

test('what fits is kept whole, however it was cut', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme-ascii' })), (pieces) => {
      expect(logOf(...pieces).text).toBe(pieces.join(''));
    }),
  );
});

test('of an endless log the first and the last bytes are kept, and what lies between is counted', () => {
  const bytesOfPiece = 64 * 1024;
  const log = logOf('the beginning\n', ...Array.from({ length: 200 }, () => 'x'.repeat(bytesOfPiece)), '\nthe cause');
  const { text } = log;
  expect(text.startsWith('the beginning\n')).toBe(true);
  expect(text.endsWith('\nthe cause')).toBe(true);
  const total = 'the beginning\n'.length + 200 * bytesOfPiece + '\nthe cause'.length;
  expect(text).toContain(`\n[... ${String(total - 2 * KEPT_BYTES)} bytes left out ...]\n`);
  expect(text.length).toBeLessThan(2 * KEPT_BYTES + 100);
  expect(log.end(9)).toBe('the cause');
});

test('the next run of a warm worker begins with an empty log', () => {
  const log = logOf('x'.repeat(3 * KEPT_BYTES));
  log.clear();
  log.append(Buffer.from('anew'));
  expect(log.text).toBe('anew');
});

test('a stream is followed to its end', async () => {
  const log = new CappedLog();
  const stream = new PassThrough();
  log.follow(stream);
  stream.end('said');
  await finished(stream);
  expect(log.text).toBe('said');
});
