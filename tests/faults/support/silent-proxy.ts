/** A TCP proxy that can fall silent: bytes vanish without a word, as behind a firewall that forgot the connection. */
import { createConnection, createServer, type Socket } from 'node:net';

export interface SilentProxy {
  /** The address of the target, through the proxy. */
  readonly url: string;
  /** From now on nothing passes, on old connections and new ones; nobody is told. */
  fallSilent(): void;
  /** New connections pass again; those of before stay silent for ever. */
  speakAgain(): void;
  close(): Promise<void>;
}

export async function openSilentProxy(targetUrl: string): Promise<SilentProxy> {
  const target = new URL(targetUrl);
  const sockets = new Set<Socket>();
  let silences = 0;
  let isSilent = false;
  const server = createServer((near) => {
    const born = silences;
    const far = createConnection({ host: target.hostname, port: Number(target.port) });
    const passes = (): boolean => !isSilent && born === silences;
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('data', (bytes) => {
        if (passes()) to.write(bytes);
      });
      from.on('error', () => undefined);
      from.on('close', () => {
        sockets.delete(from);
        if (passes()) to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const url = new URL(targetUrl);
  url.port = String(typeof address === 'object' && address !== null ? address.port : 0);
  return {
    url: url.href,
    fallSilent: () => {
      isSilent = true;
    },
    speakAgain: () => {
      isSilent = false;
      silences += 1;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
