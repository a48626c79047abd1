import { expect, test } from 'vitest';
import { openLog } from './log.ts';

test('a fault is told by its message, code, place and cause, without the row that the database shows beside it', () => {
  const lines: string[] = [];
  const log = openLog('warn', { write: (line) => void lines.push(line) });
  const cause = Object.assign(new Error('duplicate key'), { code: '23505', detail: 'Key (smiles)=(CCO) already exists.', where: 'CCO' });
  log.warn({ event: 'broken', err: new Error('it could not be stored', { cause }) }, 'a text');
  log.info({ event: 'unseen' }, 'below the level');
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    event: 'broken',
    msg: 'a text',
    err: {
      type: 'Error',
      message: 'it could not be stored',
      stack: expect.any(String),
      cause: { message: 'duplicate key', code: '23505' },
    },
  });
  expect(lines[0]).not.toContain('CCO');
});

test('a line of a library, which names no event, is told as such', () => {
  const lines: string[] = [];
  const log = openLog('info', { write: (line) => void lines.push(line) });
  log.info('it listens');
  log.child({ part: 'http' }).info({ event: 'own' }, 'a text');
  expect(lines.map((line) => (JSON.parse(line) as { event: string }).event)).toEqual(['library', 'own']);
});
