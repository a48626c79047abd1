/** Each problem code has a page that says the same as the table, and is thrown somewhere. */
import { glob, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem, PROBLEMS, type ProblemCode } from '@omtx/contract';
import Fastify, { type FastifyInstance } from 'fastify';
import { Value } from 'typebox/value';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { problemType, registerProblemPages } from './problem-pages.ts';
import { setProblemHandlers } from './problems.ts';

const SOURCE = join(import.meta.dirname, '..');
const PAGES = join(SOURCE, '..', '..', '..', 'docs', 'problems');
const CODES = Object.keys(PROBLEMS) as ProblemCode[];

let app: FastifyInstance;

beforeAll(async () => {
  app = Fastify();
  setProblemHandlers(app, join(PAGES, 'nowhere'));
  registerProblemPages(app);
  app.get('/down', () => Promise.reject(Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' })));
  app.get('/bug', () => Promise.reject(new TypeError('x is not a function')));
  await app.ready();
});

afterAll(() => app.close());

test.each(CODES)('the type of %s is a page that the hub serves: title, status, what to do, and a true example', async (code) => {
  const answer = await app.inject(problemType(code));
  expect(answer.statusCode).toBe(200);
  const { title, status } = PROBLEMS[code];
  expect(answer.body).toContain(`# ${code}\n\n${title}. HTTP ${String(status)}.\n`);
  for (const heading of ['What happened', 'What to do', 'Example']) expect(answer.body).toMatch(new RegExp(`## ${heading}\n\n\\S`));
  const example: unknown = JSON.parse(/```json\n(.+?)\n```/s.exec(answer.body)?.[1] ?? 'null');
  expect(Value.Errors(Problem, example)).toEqual([]);
  expect(example).toMatchObject({ type: problemType(code), title, status, code });
});

test('there is a page for each code and none for others, and the list names them all', async () => {
  const files = (await readdir(PAGES)).filter((file) => file !== 'README.md');
  expect(files.toSorted()).toEqual(CODES.map((code) => `${code}.md`).toSorted());
  const list = (await app.inject('/docs/problems')).body;
  for (const code of CODES) expect(list).toContain(`[${code}](${code}.md): ${PROBLEMS[code].title}.`);
});

test('an address under the pages that is no code is a problem, not a file', async () => {
  for (const code of ['nothing', '..%2f..%2fREADME', 'toString', 'README']) {
    const answer = await app.inject(`/docs/problems/${code}`);
    expect(answer.statusCode).toBe(404);
    expect(answer.json()).toMatchObject({ code: 'not_found', type: '/docs/problems/not_found' });
  }
});

test('each code is thrown somewhere in the hub', async () => {
  let source = '';
  for await (const file of glob('**/*.ts', { cwd: SOURCE, exclude: (name) => name.endsWith('.test.ts') }))
    if (!file.endsWith('.test.ts')) source += await readFile(join(SOURCE, file), 'utf8');
  const thrown = new Set([...source.matchAll(/new HubError\(\s*([^,]+),/g)].flatMap(([, first]) => first?.match(/(?<=')\w+(?=')/g) ?? []));
  expect(CODES.filter((code) => !thrown.has(code))).toEqual([]);
});

test('a database that does not answer is "unavailable", a bug is "internal"', async () => {
  const down = await app.inject('/down');
  expect([down.statusCode, down.json<Problem>().code]).toEqual([503, 'unavailable']);
  const bug = await app.inject('/bug');
  expect([bug.statusCode, bug.json<Problem>().code]).toEqual([500, 'internal']);
  expect(bug.body).not.toContain('not a function');
});
