/** The commands of README.md, run as they stand against a hub of their own, and every file that it and docs/cli.md name. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { OmtxClient } from '@omtx/client';
import type { SubmitAnswer } from '@omtx/contract';
import { expect, test } from 'vitest';
import { EXIT } from '@omtx/cli/exit-codes';
import { newDataDir, ROOT, startProcess } from '../support/hub-process.ts';
import { needsVina } from '../support/needs-vina.ts';

const README = await readFile(join(ROOT, 'README.md'), 'utf8');
const CLI_PAGE = await readFile(join(ROOT, 'docs', 'cli.md'), 'utf8');

/** The blocks of shell commands below a heading. */
function blocksBelow(heading: string): readonly string[] {
  const start = README.indexOf(`\n## ${heading}\n`);
  const section = README.slice(start, README.indexOf('\n## ', start + 1));
  return [...section.matchAll(/```sh\n([\s\S]+?)```/g)].map(([, block]) => block?.trim() ?? '');
}

test('every file that the README and the manual of the command name exists', () => {
  for (const [page, text] of [
    ['README.md', README],
    ['docs/cli.md', CLI_PAGE],
  ] as const) {
    const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, path]) => join(dirname(page), path ?? ''));
    const files = [...text.matchAll(/\bmodels\/[\w/.-]+\.\w+/g)].map(([path]) => path);
    expect([...links, ...files].filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
    expect(links.length).toBeGreaterThan(0);
  }
});

test('the npm commands of the README are scripts of the package', async () => {
  const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
  const named = [...README.matchAll(/npm (?:run (?:-s )?(\w[\w:]*)|(test|start)\b)/g)].map(([, script, short]) => script ?? short ?? '');
  expect(named.length).toBeGreaterThan(0);
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
});

test('the manual lists every exit code', () => {
  const codes = [...CLI_PAGE.matchAll(/^\| (\d+)\s+\|/gm)].map(([, code]) => Number(code));
  expect(codes).toEqual([...Object.values(EXIT), 78]);
});

test('the first requests of the README work as they stand, by curl and by the command', async (context) => {
  await needsVina(context);
  const dataDir = await newDataDir();
  const hub = await startProcess('serve', dataDir, { args: ['--cpus', '2'] });
  const sh = async (command: string): Promise<string> => {
    const line = command.replaceAll('http://127.0.0.1:8000', hub.url);
    return (await promisify(execFile)('bash', ['-c', line], { cwd: ROOT, env: { ...process.env, OMTX_URL: hub.url } })).stdout;
  };
  try {
    const [byCommand = '', byCurl = '', ...others] = blocksBelow('A first request');
    expect(others).toEqual([]);
    const table = await sh(byCommand);
    expect(table).toMatch(/Docking score \[kcal\/mol\]/);
    expect(table).toMatch(/^\s+1\s+0\s.*-\d+\.\d\s+completed/m);
    const answer = JSON.parse(await sh(byCurl)) as SubmitAnswer;
    const client = new OmtxClient({ baseUrl: hub.url });
    await expect.poll(async () => (await client.getJob(answer.id)).finishedAt, { timeout: 240_000, interval: 200 }).not.toBeNull();
    expect(await client.getJob(answer.id)).toMatchObject({ name: 'aspirin into COX-2', status: 'completed' });
  } finally {
    await hub.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
});
