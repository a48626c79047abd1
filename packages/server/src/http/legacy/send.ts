/** Files of an answer, as the old contract sent them. */
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { LegacyError } from './errors.ts';
import { textOf, type Query } from './query.ts';

export function formatOf(query: Query): 'json' | 'csv' {
  const format = textOf(query, 'format') ?? 'json';
  if (format === 'json' || format === 'csv') return format;
  const expected = "'json' or 'csv'";
  throw new LegacyError(422, [
    { type: 'enum', loc: ['query', 'format'], msg: `Input should be ${expected}`, input: format, ctx: { expected } },
  ]);
}

export function sendCsv(reply: FastifyReply, fileName: string, lines: AsyncIterable<string>): FastifyReply {
  return reply.header('content-disposition', `attachment; filename=${fileName}`).type('text/csv; charset=utf-8').send(Readable.from(lines));
}

/** What a model wrote is never run by a browser. */
export function sendText(reply: FastifyReply, fileName: string, mediaType: string, content: string): FastifyReply {
  return reply
    .header('content-disposition', `attachment; filename=${fileName}`)
    .header('x-content-type-options', 'nosniff')
    .type(mediaType)
    .send(content);
}

/** The header takes no quotes in the old contract, so the name holds no letter that would need them. */
export function safeName(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9._-]+/g, '_').slice(0, 100) || 'file';
}
