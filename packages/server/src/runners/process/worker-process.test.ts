/** A worker process with small Node programs as workers. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WorkerProcess } from './worker-process.ts';

let folder: string;
let worker: WorkerProcess | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'omtx-worker-'));
});

afterEach(async () => {
  await worker?.stop();
  worker = undefined;
  await rm(folder, { recursive: true, force: true });
});

function start(program: string, graceSeconds = 0.2): WorkerProcess {
  worker = WorkerProcess.start({
    command: [process.execPath, '-e', program],
    environment: { OMTX_CPUS: '1' },
    folder,
    stop: { signal: 'SIGTERM', graceSeconds },
  });
  return worker;
}

async function firstLine(of: WorkerProcess): Promise<string | undefined> {
  for await (const line of of.lines) return line;
  return undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const SAY = `const say = (value) => require('node:fs').writeSync(4, JSON.stringify(value) + '\\n');`;

test('messages cross on descriptors 3 and 4, and what the engine prints goes to the log', async () => {
  const echo = start(`${SAY} console.log('a print'); console.error('a warning');
    require('node:readline').createInterface({ input: require('node:fs').createReadStream('', { fd: 3 }) }).on('line', (line) => say({ got: JSON.parse(line) }));`);
  echo.send({ type: 'stop' });
  expect(await firstLine(echo)).toBe('{"got":{"type":"stop"}}');
  await expect.poll(() => echo.log.text).toMatch(/a print\na warning|a warning\na print/);
});

test('the environment holds what was given and nothing of the hub', async () => {
  const nosy = start(`${SAY} say(Object.keys(process.env)); setInterval(() => {}, 1000);`);
  expect(JSON.parse((await firstLine(nosy)) ?? '')).toEqual(['OMTX_CPUS']);
});

test('a stop ends the whole process group, also one that ignores the signal and has a grandchild', async () => {
  const stubborn = start(`${SAY} process.on('SIGTERM', () => {});
    const child = require('node:child_process').spawn(process.execPath, ['-e', 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    say([process.pid, child.pid]); setInterval(() => {}, 1000);`);
  const pids = JSON.parse((await firstLine(stubborn)) ?? '') as number[];
  expect(pids.every(isAlive)).toBe(true);
  await stubborn.stop();
  expect(await stubborn.ended).toMatchObject({ signal: 'SIGKILL', wasStopped: true });
  await expect.poll(() => pids.filter(isAlive), { timeout: 5_000 }).toEqual([]);
});

test('a process that dies by itself is told with its code, and its grandchildren go with it', async () => {
  const dying = start(`${SAY}
    const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    say(child.pid); console.error('out of luck'); setTimeout(() => process.exit(7), 50);`);
  const grandchild = Number(await firstLine(dying));
  expect(await dying.ended).toEqual({ code: 7, signal: null, wasStopped: false });
  expect(dying.log.end(100)).toBe('out of luck');
  await expect.poll(() => isAlive(grandchild), { timeout: 5_000 }).toBe(false);
});

test('a program that is not there is an end, not an exception', async () => {
  worker = WorkerProcess.start({
    command: [join(folder, 'nothing')],
    environment: {},
    folder,
    stop: { signal: 'SIGTERM', graceSeconds: 0.1 },
  });
  expect(await worker.ended).toMatchObject({ code: null });
});

test('a message to a worker that is gone is dropped without a fault', async () => {
  const gone = start('process.exit(0)');
  await gone.ended;
  gone.send({ type: 'stop' });
  await sleep(0);
  expect(gone.isRunning).toBe(false);
});
