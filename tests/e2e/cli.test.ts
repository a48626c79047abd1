/** A hub as an operator starts it, and the CLI as a user runs it, from an empty data folder. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { CampaignAnswer, JobDetail, SubmitAnswer } from '@omtx/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newDataDir, omtx, startProcess, type HubProcess } from '../support/hub-process.ts';

let dataDir: string;
let hub: HubProcess;

beforeAll(async () => {
  dataDir = await newDataDir();
  hub = await startProcess('serve', dataDir, { args: ['--cpus', '2'] });
  await writeFile(join(dataDir, 'ligands.csv'), 'name,smiles\nethanol,CCO\nbroken,C1CC\npropane,CCC\nalcohol,OCC\n');
});

afterAll(async () => {
  await hub.stop();
  await rm(dataDir, { recursive: true, force: true });
});

const run = (...args: string[]) => omtx(args, hub.url);

test('submit, watch, results, jobs and export, as the manual says', async () => {
  const submitted = await run('submit', '--model', 'echo', '--ligands', join(dataDir, 'ligands.csv'), '--name', 'first screen', '--json');
  expect(submitted).toMatchObject({ code: 0, stderr: '' });
  const { id, rows } = JSON.parse(submitted.stdout) as SubmitAnswer;
  expect(rows).toEqual({ total: 4, accepted: 3, rejected: 1, reused: 1, unchecked: 0 });
  const watched = await run('watch', id);
  expect(watched.code).toBe(0);
  expect(watched.stderr).toContain('4/4');
  expect(watched.stdout).toMatch(/rank\s+row\s+ligand\s+.*\n.*\n\s+1\s+0\s+ethanol.*\n/);
  expect(watched.stdout).toContain('same as row 0 (ethanol)');
  expect((await run('jobs', '--search', 'first')).stdout).toContain(id);
  expect((JSON.parse((await run('jobs', id, '--json')).stdout) as JobDetail).status).toBe('completed');
  const file = join(dataDir, 'out.csv');
  expect((await run('results', id, '--format', 'csv', '--output', file)).code).toBe(0);
  expect((await readFile(file, 'utf8')).trim().split('\r\n')).toHaveLength(5);
  expect(JSON.parse((await run('results', id, '--json')).stdout)).toHaveLength(4);
});

test('the exit code says what became of the job', async () => {
  const failing = await run('submit', '--model', 'echo', '--smiles', 'C1CC', '--watch');
  expect(failing.code).toBe(5);
  const input = join(dataDir, 'slow.json');
  await writeFile(
    input,
    JSON.stringify({
      ligands: [
        { smiles: 'C', sleep: 60 },
        { smiles: 'CC', sleep: 60 },
      ],
    }),
  );
  const slow = await run('submit', '--model', 'echo', '--input', input, '--json');
  const { id } = JSON.parse(slow.stdout) as SubmitAnswer;
  const cancelled = await run('cancel', id);
  expect(cancelled).toMatchObject({ code: 0, stdout: expect.stringContaining('is cancelled') });
  expect((await run('watch', id)).code).toBe(6);
});

test('a job is paused, resumed, retried and cloned, and rows of it are cancelled', async () => {
  const input = join(dataDir, 'paused.json');
  await writeFile(input, JSON.stringify({ ligands: [{ smiles: 'C', sleep: 60 }, { smiles: 'CC', sleep: 60 }, { smiles: 'CCC' }] }));
  const { id } = JSON.parse((await run('submit', '--model', 'echo', '--input', input, '--json')).stdout) as SubmitAnswer;
  expect(await run('pause', id)).toMatchObject({ code: 0, stdout: expect.stringContaining('is paused') });
  expect(await run('cancel', id, '--rows', '0-1')).toMatchObject({ code: 0, stdout: expect.stringContaining('2 cancelled') });
  expect((await run('resume', id)).code).toBe(0);
  expect((await run('watch', id)).code).toBe(0);
  expect(await run('retry', id)).toMatchObject({ code: 3, stderr: expect.stringContaining('No row of the job can be retried') });
  expect(await run('retry', id, '--rows', '0', '--param', 'delaySeconds=0')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('1 row'),
  });
  expect((await run('cancel', id)).code).toBe(0);
  const clone = await run('clone', id, '--rows', '2', '--name', 'one of it', '--json');
  expect(JSON.parse(clone.stdout)).toMatchObject({ rows: { total: 1 } });
  expect(await run('retry', id, '--rows', 'x')).toMatchObject({ code: 2 });
});

test('errors say what to do, each with its own exit code', async () => {
  expect(await run('submit', '--model', 'nothing', '--smiles', 'C')).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('There is no model "nothing"'),
  });
  expect(await run('submit', '--model', 'echo', '--ligands', 'nowhere.csv')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('nowhere.csv cannot be read'),
  });
  expect(await run('submit')).toMatchObject({ code: 2, stderr: expect.stringContaining('--model') });
  expect(await run('frobnicate')).toMatchObject({ code: 2 });
  expect(await run('jobs', '01890000-0000-7000-8000-000000000000')).toMatchObject({ code: 3 });
  expect(await omtx(['jobs'], 'http://127.0.0.1:9')).toMatchObject({ code: 4, stderr: expect.stringContaining('npm start') });
});

test('a packed library that is not called so, and one of another system, are read for what they are', async () => {
  const packed = join(dataDir, 'packed.csv');
  await writeFile(packed, gzipSync('name,smiles\nethanol,CCO\n'));
  const wide = join(dataDir, 'wide.csv');
  await writeFile(wide, Buffer.from('\ufeffname;smiles\r\nethanol;CCO\r\n', 'utf16le'));
  for (const file of [packed, wide]) {
    const answer = await run('submit', '--model', 'echo', '--ligands', file, '--json');
    expect(answer).toMatchObject({ code: 0, stderr: '' });
    expect((JSON.parse(answer.stdout) as SubmitAnswer).rows).toMatchObject({ total: 1, rejected: 0 });
  }
  await writeFile(join(dataDir, 'empty.csv'), '');
  expect(await run('submit', '--model', 'echo', '--ligands', join(dataDir, 'empty.csv'))).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('The library is empty'),
  });
});

test('models are listed with their state, and the doctor says what this machine has', async () => {
  expect((await run('models')).stdout).toMatch(/echo\s+1\.0\.0\s+installed/);
  expect((await run('models', 'echo')).stdout).toMatch(/^.*\(echo 1\.0\.0\), installed\n[^]*echo\.score: .*ranks/);
  const doctor = await omtx(['doctor', '--data-dir', dataDir, '--json']);
  const findings = JSON.parse(doctor.stdout) as { what: string; state: string }[];
  expect(findings.find((each) => each.what === 'PostgreSQL')?.state).toBe('ok');
  expect(findings.find((each) => each.what === 'Node.js')?.state).toBe('ok');
});

test('a port that is in use and an address for others are refused with the remedy', async () => {
  const port = new URL(hub.url).port;
  const second = await newDataDir();
  const busy = await omtx(['serve', '--port', port, '--data-dir', second]);
  expect(busy).toMatchObject({ code: 78, stderr: expect.stringMatching(/Port \d+ is in use.*--port/) });
  expect(await omtx(['serve', '--host', '0.0.0.0', '--data-dir', second])).toMatchObject({
    code: 78,
    stderr: expect.stringContaining('loopback only'),
  });
  await rm(second, { recursive: true, force: true });
});

test('a campaign is quoted, submitted, watched, shown as a table, exported, listed and deleted only when it is said twice', async () => {
  const target = join(dataDir, 'target.json');
  await writeFile(target, '{}');
  const ligands = join(dataDir, 'ligands.csv');
  const what = ['--targets', `first=${target}`, `second=${target}`, '--models', 'echo', '--ligands', ligands, '--name', 'two targets'];
  const quote = await run('campaign', 'submit', ...what, '--quote');
  expect(quote.stdout).toMatch(/first +echo +2 +1 +1 /);
  const submitted = await run('campaign', 'submit', ...what, '--json');
  const { id } = JSON.parse(submitted.stdout) as CampaignAnswer;
  const watched = await run('campaign', 'watch', id);
  expect(watched).toMatchObject({ code: 0, stderr: expect.stringContaining('8/8') });
  expect(watched.stdout).toMatch(/1 +3 +alcohol +-3.00 +-3.00 +0.00/);
  expect(watched.stdout).toMatch(/- +1 +broken +rejected_invalid_smiles/);
  expect((await run('campaign', 'table', id, '--reference', 'second', '--csv', '-')).stdout.split('\r\n')[0]).toContain(
    'selectivity for second',
  );
  expect((await run('campaign', 'show', id)).stdout).toMatch(/second +echo +completed +3\/4/);
  expect((await run('campaign', 'list')).stdout).toContain(id);
  expect(await run('campaign', 'delete', id)).toMatchObject({ code: 2, stderr: expect.stringContaining('2 jobs with 8 rows') });
  expect(await run('campaign', 'delete', id, '--yes')).toMatchObject({ code: 0 });
  expect(await run('campaign', 'show', id)).toMatchObject({ code: 3, stderr: expect.stringContaining('No such campaign') });
});
