/** The web page: built files of `packages/web/dist`, and its document for every address that the page knows and the API does not. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { PAGE_POLICY, policyOf } from './content-policy.ts';

const NOT_BUILT =
  'The page of this hub is not built. Run "npm run setup", or "npm start", in the clone; the API works without it: /docs.\n';
const MAY_NOT = ['camera', 'microphone', 'geolocation', 'payment', 'usb'].map((feature) => `${feature}=()`).join(', ');

/** Registers the files. A hub without a built page says so at `/` and is otherwise whole. */
export async function registerPage(app: FastifyInstance, folder: string): Promise<void> {
  if (!existsSync(join(folder, 'index.html'))) {
    app.get('/', { schema: { hide: true } }, (_request, reply) => reply.code(503).type('text/plain; charset=utf-8').send(NOT_BUILT));
    return;
  }
  await app.register(fastifyStatic, {
    root: folder,
    index: 'index.html',
    preCompressed: true,
    cacheControl: false,
    decorateReply: false,
    schemaHide: true,
    allowedPath: (path) => !path.includes('/.'),
    setHeaders: (response, path) => {
      const address = `/${relative(folder, path).split(sep).join('/')}`.replace(/\.(br|gz)$/, '');
      response.header('content-security-policy', policyOf(address));
      response.header('x-content-type-options', 'nosniff');
      response.header('referrer-policy', 'no-referrer');
      response.header('permissions-policy', MAY_NOT);
      // Names hold digests, so what is under /assets never changes.
      response.header('cache-control', address.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
}

/** Whether the address is one that a person opened, and so the page's own router answers it. */
export function isPageAddress({ method, url, headers }: FastifyRequest): boolean {
  return method === 'GET' && (headers.accept ?? '').includes('text/html') && !/^\/(api|assets|docs|health|frames)(\/|$)/.test(url);
}

/** The page's document. @returns false where the page is not built */
export async function sendPage(folder: string, reply: FastifyReply): Promise<boolean> {
  const document = await readFile(join(folder, 'index.html')).catch(() => undefined);
  if (document === undefined) return false;
  void reply
    .code(200)
    .type('text/html; charset=utf-8')
    .header('content-security-policy', PAGE_POLICY)
    .header('x-content-type-options', 'nosniff')
    .header('referrer-policy', 'no-referrer')
    .header('permissions-policy', MAY_NOT)
    .header('cache-control', 'no-cache')
    .send(document);
  return true;
}
