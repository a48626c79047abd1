import { afterEach, expect, test } from 'vitest';
import { readOptions, UsageError } from './script-options.ts';

const argv = process.argv;
afterEach(() => {
  process.argv = argv;
});

test('a flag that there is not is refused with those that there are', () => {
  const options = { exit: { type: 'boolean' }, port: { type: 'string' } } as const;
  process.argv = ['node', 'demo', '--port', '1'];
  expect(readOptions('demo', options)).toEqual({ port: '1' });
  process.argv = ['node', 'demo', '--frob'];
  expect(() => readOptions('demo', options)).toThrow(
    new UsageError(`Unknown option '--frob'. "npm run demo -- ..." takes --exit, --port VALUE.`),
  );
});
