import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { KindCache, type CacheKey } from './cache.ts';

const key: CacheKey = { owner: 'a', jobId: 'j', query: 'q', version: '1' };

test('an answer is given for its version and owner alone', async () => {
  const cache = new KindCache<string>(10_000);
  const load = vi.fn((text: string) => Promise.resolve(text));
  expect(await cache.get(key, () => load('first'))).toBe('first');
  expect(await cache.get(key, () => load('again'))).toBe('first');
  expect(await cache.get({ ...key, version: '2' }, () => load('second'))).toBe('second');
  expect(await cache.get({ ...key, owner: 'b', version: '2' }, () => load('other'))).toBe('other');
  expect(load).toHaveBeenCalledTimes(3);
});

test('a load that fails is not kept, and all who waited for it are told', async () => {
  const cache = new KindCache<string>(10_000);
  const failing = () => cache.get(key, () => Promise.reject(new Error('no')));
  await Promise.all([expect(failing()).rejects.toThrow('no'), expect(failing()).rejects.toThrow('no')]);
  expect(await cache.get(key, () => Promise.resolve('yes'))).toBe('yes');
});

test('what is kept never takes more bytes than allowed', async () => {
  const cache = new KindCache<string>(2_000);
  for (let place = 0; place < 50; place++) await cache.get({ ...key, query: String(place) }, () => Promise.resolve('x'.repeat(200)));
  expect(cache.figures().bytes).toBeLessThanOrEqual(2_000);
  expect(cache.figures().bytes).toBeGreaterThan(400);
});

test('an answer grows too old, and one that may not be kept is not', async () => {
  const cache = new KindCache<string>(10_000, 1);
  await cache.get(key, () => Promise.resolve('old'));
  await sleep(20);
  expect(
    await cache.get(
      key,
      () => Promise.resolve('new'),
      () => false,
    ),
  ).toBe('new');
  expect(cache.find(key)).toBeUndefined();
});

test('a notice frees what was read from its job, and a lost connection frees all', async () => {
  const cache = new KindCache<string>(10_000);
  await cache.get(key, () => Promise.resolve('mine'));
  await cache.get({ ...key, jobId: 'k' }, () => Promise.resolve('theirs'));
  cache.forgetJob('j');
  expect([cache.find(key), cache.find({ ...key, jobId: 'k' })]).toEqual([undefined, 'theirs']);
  cache.clear();
  expect(cache.figures().bytes).toBe(0);
});
