/** What a route of the page loads before it can be used: its chunk, all static imports of it and of the entry, and their styles; gzip. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const DIST = join(import.meta.dirname, '..', 'packages', 'web', 'dist');
const ENTRY = 'index.html';

/** Kilobytes (1,000 bytes) gzip. */
export const BUDGETS = { home: 180, route: 260, viewer: 850 } as const;

export interface PageWeight {
  readonly name: string;
  readonly kilobytes: number;
  readonly budget: number;
}

interface Chunk {
  readonly file: string;
  readonly src?: string;
  readonly imports?: readonly string[];
  readonly dynamicImports?: readonly string[];
  readonly css?: readonly string[];
}

type Manifest = Readonly<Record<string, Chunk>>;

const VIEWER = /mol-view/;

export function measurePage(): readonly PageWeight[] {
  const manifest = readManifest();
  const entry = staticFiles(manifest, ENTRY);
  const routes = Object.keys(manifest).filter((key) => /-page\.tsx$/.test(key) && manifest[key]?.file !== undefined);
  const viewers = Object.keys(manifest).filter((key) => VIEWER.test(key) && manifest[key]?.src !== undefined);
  return [
    { name: 'Home', kilobytes: weigh(entry), budget: BUDGETS.home },
    ...routes.map((key) => ({
      name: key.replace(/^src\/features\//, ''),
      kilobytes: weigh(new Set([...entry, ...staticFiles(manifest, key)])),
      budget: BUDGETS.route,
    })),
    ...viewers.map((key) => ({
      name: key.replace(/^src\//, ''),
      kilobytes: weigh(new Set([...staticFiles(manifest, key)].filter((file) => !entry.has(file)))),
      budget: BUDGETS.viewer,
    })),
  ];
}

function readManifest(): Manifest {
  return JSON.parse(readFileSync(join(DIST, '.vite', 'manifest.json'), 'utf8'));
}

function staticFiles(manifest: Manifest, key: string, found = new Set<string>(), seen = new Set<string>()): Set<string> {
  const chunk = manifest[key];
  if (!chunk || seen.has(key)) return found;
  seen.add(key);
  for (const file of [chunk.file, ...(chunk.css ?? [])]) found.add(file);
  for (const each of chunk.imports ?? []) staticFiles(manifest, each, found, seen);
  return found;
}

function weigh(files: ReadonlySet<string>): number {
  let bytes = 0;
  for (const file of files) {
    const gzip = join(DIST, `${file}.gz`);
    bytes += statSync(existsSync(gzip) ? gzip : join(DIST, file)).size;
  }
  return bytes / 1_000;
}
