import { expect, test } from 'vitest';
import { ConfigError, readConfig } from './config.ts';

test('a flag wins over the environment, and both over the default', () => {
  expect(readConfig({}, {}).port).toBe(8_000);
  expect(readConfig({ OMTX_PORT: '9000' }, {}).port).toBe(9_000);
  expect(readConfig({ OMTX_PORT: '9000' }, { port: '9001' }).port).toBe(9_001);
});

test('an address that others can reach is refused, and the message says what to do', () => {
  expect(() => readConfig({ OMTX_HOST: '0.0.0.0' }, {})).toThrow(/loopback only.*OMTX_HOST \(--host\)/s);
  expect(readConfig({ OMTX_HOST: '::1' }, {}).host).toBe('::1');
});

test('a number that is none is refused by its name', () => {
  expect(() => readConfig({}, { port: '80a' })).toThrow(ConfigError);
  expect(() => readConfig({ OMTX_CPUS: '0' }, {})).toThrow(/OMTX_CPUS \(--cpus\)/);
});

test('more model folders come after the own ones', () => {
  const { modelsDirs } = readConfig({ OMTX_MODELS_DIR: '/a:/b' }, {});
  expect(modelsDirs.slice(1)).toEqual(['/a', '/b']);
});

test('groups of old paths are turned off by name or all together, and an unknown one is refused with the list', () => {
  expect(readConfig({}, {}).legacyOff).toEqual([]);
  expect(readConfig({ OMTX_LEGACY_OFF: 'v1, root' }, {}).legacyOff).toEqual(['root', 'v1']);
  expect(readConfig({}, { 'legacy-off': 'all' }).legacyOff).toContain('predict');
  expect(() => readConfig({ OMTX_LEGACY_OFF: 'v2' }, {})).toThrow(/no group "v2".*predict, results/);
});

test('the address of figures is a port of this machine, or any address with a port', () => {
  expect(readConfig({}, {}).metrics).toBeUndefined();
  expect(readConfig({ OMTX_METRICS: '9464' }, {}).metrics).toEqual({ host: '127.0.0.1', port: 9_464 });
  expect(readConfig({}, { metrics: '0.0.0.0:9464' }).metrics).toEqual({ host: '0.0.0.0', port: 9_464 });
  expect(readConfig({}, { metrics: '[::]:0' }).metrics).toEqual({ host: '::', port: 0 });
  for (const wrong of ['here', '127.0.0.1:', '70000', 'a:b:1'])
    expect(() => readConfig({ OMTX_METRICS: wrong }, {})).toThrow(/OMTX_METRICS \(--metrics\) must be a port/);
});

test('traces go where the usual variables of OpenTelemetry say', () => {
  expect(readConfig({}, {}).tracesUrl).toBeUndefined();
  expect(readConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318/' }, {}).tracesUrl).toBe('http://c:4318/v1/traces');
  expect(readConfig({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://c/t' }, {}).tracesUrl).toBe('http://c/t');
  expect(() => readConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' }, {})).toThrow(/OTEL_EXPORTER_OTLP_ENDPOINT must be an address/);
});

test('a webhook secret that can be guessed is refused', () => {
  expect(readConfig({}, {}).webhookSecret).toBeUndefined();
  expect(() => readConfig({ MODAL_WEBHOOK_SECRET: 'short' }, {})).toThrow(/at least 16 characters/);
  expect(readConfig({ MODAL_WEBHOOK_SECRET: '0123456789abcdef' }, {}).webhookSecret).toBe('0123456789abcdef');
});

test('a cluster is what has a shared folder; its other settings mean nothing without one', () => {
  expect(readConfig({}, {}).slurm).toBeUndefined();
  expect(readConfig({ OMTX_SLURM_DIR: '/scratch/omtx', OMTX_SLURM_MODELS: 'vina, boltz2', SLURM_CONF: '/x' }, {}).slurm).toMatchObject({
    folder: '/scratch/omtx',
    configFile: '/x',
    jobs: 100,
    models: ['vina', 'boltz2'],
    partition: undefined,
  });
  expect(() => readConfig({ OMTX_SLURM_MODELS: 'vina' }, {})).toThrow(/OMTX_SLURM_MODELS mean nothing without OMTX_SLURM_DIR/);
  expect(() => readConfig({ OMTX_SLURM_DIR: '/x', OMTX_SLURM_JOBS: '0' }, {})).toThrow(/OMTX_SLURM_JOBS must be/);
});

test('hosts that rows may be sent to are named one by one, none by default, and secrets come from the environment alone', () => {
  expect(readConfig({}, {}).egress).toEqual([]);
  expect(readConfig({ OMTX_EGRESS: ' GPU1:8000, *.example.org ' }, {}).egress).toEqual(['gpu1:8000', '*.example.org']);
  expect(() => readConfig({}, { egress: 'https://example.org/v1' })).toThrow(
    /OMTX_EGRESS \(--egress\).*"https:\/\/example.org\/v1" is none/,
  );
  const { secrets } = readConfig({ OMTX_SECRET_NVIDIA: 'x', OMTX_SECRET_EMPTY: '', OMTX_SECRETS: 'y', DATABASE_URL: 'z' }, {});
  expect(secrets).toEqual({ nvidia: 'x' });
});
