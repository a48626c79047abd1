import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseEventStream, type ServerSentEvent } from './event-stream.ts';

async function parse(chunks: readonly string[]): Promise<readonly ServerSentEvent[]> {
  async function* stream() {
    yield* chunks;
  }
  const events: ServerSentEvent[] = [];
  for await (const event of parseEventStream(stream())) events.push(event);
  return events;
}

const text =
  ': hello\nretry: 1000\n\nid: 1\ndata: {"a":1}\n\nid: 2\r\ndata: one\r\ndata: two\r\n\r\n: beat\n\ndata:bare\n\ndata: broken off';
const events = [
  { id: '1', data: '{"a":1}' },
  { id: '2', data: 'one\ntwo' },
  { id: '2', data: 'bare' },
];

test('comments are passed over, data lines are joined, and an event that is broken off is dropped', async () => {
  expect(await parse([text])).toEqual(events);
});

test('chunks may end anywhere', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: text.length })), async (cuts) => {
      const places = [0, ...cuts.toSorted((a, b) => a - b), text.length];
      const chunks = places.slice(1).map((end, index) => text.slice(places[index], end));
      expect(await parse(chunks)).toEqual(events);
    }),
  );
});
