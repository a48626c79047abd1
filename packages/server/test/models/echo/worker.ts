/**
 * A worker without an engine. It obeys the ligand: `{"sleep"?: s, "crash"?, "fail"?: code, "bytes"?: n, "say"?: text, ...}`; else it
 * answers with a score and a file. `OMTX_CPUS` is its number of slots.
 */
import { mkdirSync, writeFileSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

interface Row {
  readonly row: string;
  readonly shard: string;
  readonly folder: string;
  readonly input: { readonly ligand?: Readonly<Record<string, unknown>> };
}
interface Message extends Row {
  readonly type: string;
  readonly shared: Readonly<Record<string, unknown>>;
  readonly parameters: { readonly delaySeconds?: number };
  readonly seed: number;
}

const timers = new Map<string, NodeJS.Timeout>();
const held: Buffer[] = [];
const shards = new Set<string>();
let delaySeconds = 0;
let seed = 0;

function say(message: unknown): void {
  const bytes = Buffer.from(`${JSON.stringify(message)}\n`);
  for (let sent = 0; sent < bytes.length; ) {
    try {
      sent += writeSync(4, bytes, sent);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
    }
  }
}

function open({ shard, shared, parameters, seed: given, folder }: Message): void {
  delaySeconds = parameters.delaySeconds ?? 0;
  seed = given;
  if (shared['openCrash'] === true) process.exit(3);
  if (typeof shared['openBytes'] === 'number') held.push(Buffer.alloc(shared['openBytes'], 1));
  if (typeof shared['openRaw'] === 'string') writeSync(4, shared['openRaw']);
  if (typeof shared['openFail'] === 'string') {
    say({ type: 'failure', code: shared['openFail'], message: 'The shared input asked for this failure.' });
    return;
  }
  shards.add(shard);
  writeFileSync(join(folder, 'shared.json'), JSON.stringify(shared));
  const artifacts = [{ name: 'shared.json', path: 'shared.json', mediaType: 'application/json', role: 'report' }];
  const opened = { type: 'opened', shard, setupSeconds: 0.01, artifacts, notes: [{ code: 'opened', message: 'The shard is open.' }] };
  setTimeout(say, Number(shared['openSleepSeconds'] ?? 0) * 1_000, opened);
}

function predict({ row, shard, folder, input }: Row): void {
  if (!shards.has(shard)) {
    say({ type: 'failure', row, code: 'protocol_error', message: `The shard ${shard} is not open.` });
    return;
  }
  if (input.ligand === undefined) {
    say({ type: 'failure', row, code: 'invalid_input', message: 'The row has no ligand.' });
    return;
  }
  say({ type: 'started', row });
  const asked = input.ligand;
  if (typeof asked['print'] === 'string') console.log(asked['print']);
  if (typeof asked['bytes'] === 'number') held.push(Buffer.alloc(asked['bytes'], 1));
  if (typeof asked['raw'] === 'string') writeSync(4, asked['raw']);
  timers.set(
    row,
    setTimeout(
      () => {
        timers.delete(row);
        finish(row, folder, asked);
      },
      Number(asked['sleep'] ?? delaySeconds) * 1_000,
    ),
  );
}

function finish(row: string, folder: string, asked: Readonly<Record<string, unknown>>): void {
  if (asked['crash'] === true) process.kill(process.pid, 'SIGSEGV');
  if (typeof asked['exit'] === 'number') process.exit(asked['exit']);
  if (typeof asked['fail'] === 'string') {
    say({ type: 'failure', row, code: asked['fail'], message: String(asked['message'] ?? 'The row asked for this failure.') });
    return;
  }
  mkdirSync(folder, { recursive: true });
  if (asked['noFile'] !== true) writeFileSync(join(folder, 'echo.json'), JSON.stringify({ asked, seed }));
  const smiles = typeof asked['smiles'] === 'string' ? asked['smiles'] : '';
  const metrics = asked['metrics'] ?? { 'echo.score': -smiles.length };
  const artifacts = [{ name: 'echo.json', path: asked['path'] ?? 'echo.json', mediaType: 'application/json', role: 'echo' }];
  say({ type: 'result', row, metrics, tables: { echo: [{ key: smiles }] }, artifacts, notes: [] });
}

// Not a file stream: its read would hold a thread, and a worker that dies by an exception would wait for it.
createInterface({ input: new Socket({ fd: 3, readable: true, writable: false }) })
  .on('line', (line) => {
    const message = JSON.parse(line) as Message;
    if (message.type === 'open') open(message);
    else if (message.type === 'predict') predict(message);
    else if (message.type === 'close') shards.delete(message.shard);
    else if (message.type === 'cancel' && timers.has(message.row)) {
      clearTimeout(timers.get(message.row));
      timers.delete(message.row);
      say({ type: 'failure', row: message.row, code: 'cancelled', message: 'The row was cancelled.' });
    } else if (message.type === 'stop') process.exit(0);
  })
  .on('close', () => process.exit(0));
say({ type: 'ready', protocol: 1, model: 'echo', version: '1.0.0', device: 'cpu', slots: Number(process.env['OMTX_CPUS'] ?? 1) });
