/** A receiver of traces: OTLP over HTTP, decoded by the schema that OpenTelemetry publishes for Python, in an environment of its own. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { openPythonTool } from '../python-tool.ts';

export interface ReceivedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty where it is the first of its trace. */
  readonly parentSpanId: string;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly service: Readonly<Record<string, string>>;
  readonly isFault: boolean;
}

export interface OtlpReceiver {
  readonly url: string;
  /** All that came so far. */
  spans(): Promise<readonly ReceivedSpan[]>;
  close(): Promise<void>;
}

export async function openOtlpReceiver(): Promise<OtlpReceiver> {
  const decode = await openPythonTool<ReceivedSpan>(import.meta.dirname, 'decode.py');
  const received: Buffer[] = [];
  const server = createServer((request, response) => {
    void buffer(request).then((body) => {
      if (request.url === '/v1/traces' && request.headers['content-type'] === 'application/x-protobuf') received.push(body);
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${String(port)}/v1/traces`,
    spans: async () => (await Promise.all(received.map(decode))).flat(),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
