/** Hosts with a network of their own on one machine: a namespace each, joined by a cable that can be pulled. Linux, as root. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createServer, connect, type AddressInfo, type Socket } from 'node:net';
import { randomBytes } from 'node:crypto';

/** Addresses for private use by a point of this machine (RFC 2544), so that no real network is hidden. */
const NETWORK = '198.18';

export interface NetHost {
  /** What starts a program on this host: the program takes its place, with the same process id. */
  readonly through: readonly string[];
  /** A database address of this machine, as this host reaches it. */
  readonly databaseUrl: string;
  /** Nothing passes any more in either direction, and nobody is told. */
  pullCable(): void;
  plugCable(): void;
  close(): Promise<void>;
}

/** Why hosts cannot be made here; undefined where they can. On a machine of CI the tool is installed where it is missing. */
export function whyNoNetHosts(): string | undefined {
  if (process.env['CI'] === 'true' && spawnSync('ip', ['-V']).error) {
    spawnSync('apt-get', ['update', '-qq'], { stdio: 'inherit' });
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'iproute2'], { stdio: 'inherit' });
  }
  const name = `omtx-${randomBytes(3).toString('hex')}`;
  try {
    ip('netns', 'add', name);
    ip('netns', 'del', name);
    return undefined;
  } catch (error) {
    return `hosts with networks of their own need root and iproute2 on Linux: ${error instanceof Error ? error.message.trim() : String(error)}`;
  }
}

/** @param number 1 to 250, one for each host of a test */
export async function openNetHost(number: number, databaseUrl: string): Promise<NetHost> {
  const id = randomBytes(3).toString('hex');
  const [namespace, cable, end] = [`omtx-${id}`, `ox${id}a`, `ox${id}b`];
  const [own, far] = [`${NETWORK}.${String(number)}.1`, `${NETWORK}.${String(number)}.2`];
  ip('netns', 'add', namespace);
  ip('link', 'add', cable, 'type', 'veth', 'peer', 'name', end);
  ip('link', 'set', end, 'netns', namespace);
  ip('addr', 'add', `${own}/30`, 'dev', cable);
  ip('link', 'set', cable, 'up');
  ip('-n', namespace, 'link', 'set', 'lo', 'up');
  ip('-n', namespace, 'addr', 'add', `${far}/30`, 'dev', end);
  ip('-n', namespace, 'link', 'set', end, 'up');
  const bridge = await openBridge(own, databaseUrl);
  return {
    through: ['ip', 'netns', 'exec', namespace],
    databaseUrl: bridge.url,
    pullCable: () => {
      ip('link', 'set', cable, 'down');
    },
    plugCable: () => {
      ip('link', 'set', cable, 'up');
    },
    close: async () => {
      await bridge.close();
      ip('link', 'del', cable);
      ip('netns', 'del', namespace);
    },
  };
}

/** The database listens on this machine's loopback only: what comes over the cable is passed on to it. */
async function openBridge(host: string, databaseUrl: string): Promise<{ readonly url: string; close(): Promise<void> }> {
  const target = new URL(databaseUrl);
  const open = new Set<Socket>();
  const server = createServer((from) => {
    const to = connect(Number(target.port), target.hostname);
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const) {
      open.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        open.delete(one);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, resolve);
  });
  const url = new URL(databaseUrl);
  url.hostname = host;
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: 'pipe' });
}
