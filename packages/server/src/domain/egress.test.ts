import { expect, test } from 'vitest';
import { isEgressAllowed, isEgressEntry } from './egress.ts';

const allowed = (entries: readonly string[], url: string): boolean => isEgressAllowed(entries, new URL(url));

test('a host is allowed by its exact name and port, and nothing is allowed that is not named', () => {
  expect(allowed([], 'https://api.example.org/x')).toBe(false);
  expect(allowed(['api.example.org'], 'https://api.example.org/x')).toBe(true);
  expect(allowed(['api.example.org'], 'https://API.example.org/x')).toBe(true);
  expect(allowed(['api.example.org'], 'https://evil-api.example.org/')).toBe(false);
  expect(allowed(['api.example.org'], 'https://api.example.org.evil.net/')).toBe(false);
  expect(allowed(['api.example.org'], 'https://api.example.org:8443/')).toBe(false);
  expect(allowed(['api.example.org:443'], 'https://api.example.org/')).toBe(true);
  expect(allowed(['gpu1:8000'], 'http://gpu1:8000/v1')).toBe(true);
  expect(allowed(['gpu1:8000'], 'http://gpu1:8001/v1')).toBe(false);
  expect(allowed(['[::1]:8000'], 'http://[::1]:8000/v1')).toBe(true);
});

test('a star stands for every host below a domain and not for the domain itself; other schemes are never allowed', () => {
  expect(allowed(['*.example.org'], 'https://a.b.example.org/')).toBe(true);
  expect(allowed(['*.example.org'], 'https://example.org/')).toBe(false);
  expect(allowed(['*.example.org'], 'https://badexample.org/')).toBe(false);
  expect(allowed(['localhost'], 'ftp://localhost/')).toBe(false);
  expect(allowed(['api.example.org'], 'https://api.example.org@evil.net/')).toBe(false);
});

test('an entry is a host with an optional port, no address and no path', () => {
  expect(['gpu1', 'gpu1:8000', '*.example.org', '[::1]:80', '10.0.0.7:8000'].every(isEgressEntry)).toBe(true);
  expect(['https://x.org', 'x.org/path', '*', '', 'x:port', 'a b'].some(isEgressEntry)).toBe(false);
});
