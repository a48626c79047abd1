/** The pages of `docs/problems/`, served by the hub itself: `type` of a problem leads to one, also where there is no network. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HubError, PROBLEMS, type ProblemCode } from '@omtx/contract';
import type { FastifyInstance } from 'fastify';

const FOLDER = join(import.meta.dirname, '..', '..', '..', '..', 'docs', 'problems');
const ADDRESS = '/docs/problems';

/** Where a problem of the given code is explained: an address on this hub. */
export function problemType(code: ProblemCode): string {
  return `${ADDRESS}/${code}`;
}

/** Markdown as plain text: readable in a browser and in a terminal, and nothing in it can run. */
export function registerProblemPages(app: FastifyInstance): void {
  app.get<{ Params: { code: string } }>(`${ADDRESS}/:code`, { schema: { hide: true } }, async ({ params: { code } }, reply) => {
    if (!isProblemCode(code)) throw new HubError('not_found', `There is no problem "${code.slice(0, 100)}". ${ADDRESS} lists them.`);
    return reply.type('text/plain; charset=utf-8').send(await readFile(join(FOLDER, `${code}.md`), 'utf8'));
  });
  app.get(ADDRESS, { schema: { hide: true } }, async (_request, reply) =>
    reply.type('text/plain; charset=utf-8').send(await readFile(join(FOLDER, 'README.md'), 'utf8')),
  );
}

function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(PROBLEMS, code);
}
