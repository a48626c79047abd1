/** Builds the web page when its sources changed since the last time; takes milliseconds otherwise. Setup, demo, start and the tests call it. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { startStep } from './progress-line.mjs';

const ROOT = join(import.meta.dirname, '..');
const WEB = join(ROOT, 'packages', 'web');
const DIST = join(WEB, 'dist');
const STAMP = join(DIST, '.sources-sha256');
const SOURCES = ['packages/web', 'packages/client/src', 'packages/contract/src', 'package-lock.json'];
const LEFT_OUT = /(^|\/)(node_modules|dist[^/]*|test)(\/|$)|\.test\.tsx?$/;
const COMPRESSED = /\.(js|css|html|svg|wasm|json)$/;
/** 11 takes ten times as long for a tenth less. */
const BROTLI_QUALITY = 7;

export async function buildPage(signal?: AbortSignal): Promise<void> {
  const digest = digestOfSources();
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === digest) return;
  const step = startStep('Web page');
  // A folder of its own and one rename, so that a hub never serves half a page and two terminals do not mix.
  const folder = join(WEB, `dist-${String(process.pid)}`);
  try {
    await runVite(folder, signal);
    step.note('compressing');
    await compress(folder);
    writeFileSync(join(folder, '.sources-sha256'), digest);
    rmSync(DIST, { recursive: true, force: true });
    renameSync(folder, DIST);
    step.end('built');
  } catch (error) {
    step.fail();
    throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function digestOfSources(): string {
  const hash = createHash('sha256');
  for (const file of SOURCES.flatMap((source) => filesBelow(join(ROOT, source)))) {
    hash.update(relative(ROOT, file)).update('\0').update(readFileSync(file));
  }
  return hash.digest('hex');
}

/** In the order of their names, the built and the tests left out. */
function filesBelow(path: string): string[] {
  if (LEFT_OUT.test(relative(ROOT, path))) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesBelow(join(path, name)));
}

async function runVite(folder: string, signal: AbortSignal | undefined): Promise<void> {
  const args = [
    join(ROOT, 'node_modules', 'vite', 'bin', 'vite.js'),
    'build',
    WEB,
    '--outDir',
    folder,
    '--emptyOutDir',
    '--logLevel',
    'warn',
  ];
  const child = spawn(process.execPath, args, { cwd: WEB, stdio: ['ignore', 'pipe', 'pipe'], ...(signal && { signal }) });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`The web page could not be built:\n${output.trim()}`);
}

/** Beside each file, so that the hub sends bytes and compresses nothing. */
async function compress(folder: string): Promise<void> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => COMPRESSED.test(name));
  await Promise.all(
    files.map(async (name) => {
      const content = readFileSync(join(folder, name));
      const options = { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } };
      writeFileSync(join(folder, `${name}.gz`), await promisify(gzip)(content));
      writeFileSync(join(folder, `${name}.br`), await promisify(brotliCompress)(content, options));
    }),
  );
}

if (process.argv[1] === import.meta.filename) await buildPage();
