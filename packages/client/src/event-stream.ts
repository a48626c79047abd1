/** Server-sent events as text, in chunks that may end anywhere. */

export interface ServerSentEvent {
  readonly id: string | undefined;
  readonly data: string;
}

/** Parses a stream of chunks; an event that the stream breaks off is dropped, as the standard says. */
export async function* parseEventStream(chunks: AsyncIterable<string>): AsyncGenerator<ServerSentEvent> {
  let rest = '';
  let id: string | undefined;
  let data: string[] = [];
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const [, field = '', value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
      if (line === '') {
        if (data.length > 0) yield { id, data: data.join('\n') };
        data = [];
      } else if (field === 'data') data.push(value);
      else if (field === 'id') id = value;
    }
  }
}
