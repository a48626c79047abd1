/** The SDK against a real HTTP server that answers as the contract says. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JobEvent, Problem } from '@omtx/contract';
import { afterEach, expect, test } from 'vitest';
import { OmtxClient } from './client.ts';
import { OmtxProblem, OmtxUnreachable } from './problem.ts';

const servers: Server[] = [];

async function serve(listener: RequestListener): Promise<OmtxClient> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return new OmtxClient({ baseUrl: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/` });
}

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

function eventText(sequence: number, kind: JobEvent['kind']): string {
  return `id: ${String(sequence)}\ndata: ${JSON.stringify({ jobId: 'j', sequence, kind })}\n\n`;
}

test('a watch that loses its connection resumes after the last event it saw, and ends behind the final one', async () => {
  const asked: (string | undefined)[] = [];
  const client = await serve((request, response) => {
    asked.push(request.headers['last-event-id']?.toString());
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    if (asked.length === 1) response.end(eventText(1, 'submitted') + eventText(2, 'started') + 'id: 3\ndata: {"brok');
    else response.end(eventText(2, 'started') + eventText(3, 'progress') + eventText(4, 'finished'));
  });
  const seen: number[] = [];
  for await (const event of client.watchJob('j')) seen.push(event.sequence);
  expect(seen).toEqual([1, 2, 3, 4]);
  expect(asked).toEqual(['0', '2']);
});

test('an aborted watch ends with the reason of its signal', async () => {
  const client = await serve((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(eventText(1, 'submitted'));
  });
  const controller = new AbortController();
  const watch = client.watchJob('j', controller.signal);
  await watch.next();
  const next = watch.next();
  controller.abort(new Error('enough'));
  await expect(next).rejects.toThrow('enough');
});

test('a refusal is an error that carries the whole problem', async () => {
  const problem: Problem = {
    type: '/problems/invalid_body',
    title: 'The request body is not as the API describes it',
    status: 400,
    detail: 'Unknown field "stpes".',
    instance: '/api/v4/jobs',
    code: 'invalid_body',
    requestId: 'r',
    errors: [{ pointer: '/stpes', detail: 'unknown field' }],
  };
  const client = await serve((_, response) => {
    response.writeHead(400, { 'content-type': 'application/problem+json' }).end(JSON.stringify(problem));
  });
  const error = await client.getJob('x').catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(OmtxProblem);
  expect((error as OmtxProblem).problem).toEqual(problem);
});

test('rows are asked for with the query given', async () => {
  const asked: (string | undefined)[] = [];
  const client = await serve((request, response) => {
    asked.push(request.url);
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"rows":[],"nextCursor":null}');
  });
  await client.listRows('j', { sort: 'rank', limit: 10 });
  await client.listRows('j');
  expect(asked).toEqual(['/api/v4/jobs/j/rows?sort=rank&limit=10', '/api/v4/jobs/j/rows']);
});

test('a hub that is not there, and something that is no hub, are named with a remedy', async () => {
  const nobody = new OmtxClient({ baseUrl: 'http://127.0.0.1:1' });
  await expect(nobody.getJob('x')).rejects.toThrow(OmtxUnreachable);
  const stranger = await serve((_, response) => {
    response.writeHead(502).end('<html>bad gateway</html>');
  });
  await expect(stranger.getJob('x')).rejects.toThrow(/it answered 502.*npm start/);
});
