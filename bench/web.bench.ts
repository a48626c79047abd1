/**
 * `web.home_gzip_kb`: what Home loads with all static imports and styles, gzip. `web.first_paint_ms`: from the request of Home to its
 * first contentful paint, cold cache, hub on loopback, median of 10. With a finished batch of 100,000 rows: `web.scroll_frame_p95_ms`
 * while the table scrolls 40 rows a frame, `web.sort_100k_ms` from a click on a header to the first new row painted, p95 of 20, warm,
 * `web.filter_100k_ms` and `web.substructure_100k_ms` from the address to the first row of the filter painted.
 * `--rows N` for a smaller batch. Figures of the browser depend on the machine's graphics; the line says which was used.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { startEmbeddedPostgres } from '../packages/server/src/storage/postgres/supervisor.ts';
import { openBrowser } from '../packages/web/test/support/browser.ts';
import { buildPage } from '../scripts/build-page.ts';
import { measurePage } from '../scripts/page-weight.ts';
import { startProcess } from '../tests/support/hub-process.ts';
import { median, round, tell } from './support.ts';

type Browser = Awaited<ReturnType<typeof openBrowser>>;
type Page = Awaited<ReturnType<Browser['newPage']>>;

const { values } = parseArgs({ options: { rows: { type: 'string', default: '100000' } } });
const ROWS = Number(values.rows);
const PAINTS = 10;
const SORTS = 20;
const FILTERS = 10;
const FRAMES = 180;
const SUBSTITUENTS = ['F', 'Cl', 'Br', 'OC', 'C', 'N', 'O', 'C#N', 'S(C)(=O)=O', 'C(F)(F)F'];

await buildPage();
const folder = await mkdtemp(join(tmpdir(), 'omtx-bench-'));
const server = await startEmbeddedPostgres({ dataDir: join(folder, 'database'), log: () => undefined });
const hub = await startProcess('serve', join(folder, 'hub'), {
  args: ['--no-work', '--log-level', 'info'],
  environment: { DATABASE_URL: server.url },
});
const browser = await openBrowser();
try {
  const versions = { node: process.version, browser: browser.version() };
  const home = measurePage().find(({ name }) => name === 'Home')?.kilobytes ?? Number.NaN;
  tell({ claim: 'web.home_gzip_kb', value: round(home), unit: 'kB', n: 1, sizes: {}, versions, samples: {} });
  const paints = await measurePaints(browser);
  tell({
    claim: 'web.first_paint_ms',
    value: round(median(paints)),
    unit: 'ms',
    n: paints.length,
    sizes: {},
    versions,
    samples: { paints },
  });

  const batch = await fillBatch(server.url);
  const page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
  await page.addInitScript({ path: join(import.meta.dirname, 'web-in-page.js') });
  await page.goto(`${hub.url}/results/${batch}?row=0`);
  await page
    .getByRole('grid')
    .getByText(/^ligand \d+/)
    .first()
    .waitFor();
  await page.getByRole('button', { name: 'Hide the pane' }).click();
  const sizes = { rows: ROWS };
  const frames = await measureScroll(page);
  const over = frames.filter((each) => each > 50).length;
  tell({
    claim: 'web.scroll_frame_p95_ms',
    value: round(percentile(frames, 0.95)),
    unit: 'ms',
    n: frames.length,
    sizes: { ...sizes, framesOver50Ms: over },
    versions,
    samples: { frames },
  });
  const sorts = await measureSorts(page);
  tell({
    claim: 'web.sort_100k_ms',
    value: round(percentile(sorts, 0.95)),
    unit: 'ms',
    n: sorts.length,
    sizes,
    versions,
    samples: { sorts },
  });
  const filters = await measureFilter(page, (turn) => `where=score:..${String(20 + turn)}`);
  tell({
    claim: 'web.filter_100k_ms',
    value: round(percentile(filters, 0.95)),
    unit: 'ms',
    n: filters.length,
    sizes,
    versions,
    samples: { filters },
  });
  const structures = await measureFilter(page, (turn) => `substructure=${encodeURIComponent(`c1ccccc1C(=O)N${'C'.repeat(turn + 1)}`)}`);
  tell({
    claim: 'web.substructure_100k_ms',
    value: round(percentile(structures, 0.95)),
    unit: 'ms',
    n: structures.length,
    sizes,
    versions,
    samples: { structures },
  });
} finally {
  await browser.close();
  await hub.stop();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}

/** Each in a context of its own: nothing is cached. */
async function measurePaints(opened: Browser): Promise<readonly number[]> {
  const paints: number[] = [];
  for (let turn = 0; turn <= PAINTS; turn++) {
    const context = await opened.newContext({ viewport: { width: 1440, height: 900 } });
    const page = await context.newPage();
    await page.goto(`${hub.url}/`);
    await page.getByRole('heading', { name: 'Home' }).waitFor();
    const paint: number = await page.evaluate(`performance.getEntriesByName('first-contentful-paint')[0].startTime`);
    if (turn > 0) paints.push(round(paint));
    await context.close();
  }
  return paints;
}

/** Submitted over HTTP as a user does, then its outcomes written at once: what is measured is reading. */
async function fillBatch(databaseUrl: string): Promise<string> {
  const lines = Array.from({ length: ROWS }, (_, index) => {
    const [a, b, c] = [index % 10, Math.floor(index / 10) % 100, Math.floor(index / 1_000)];
    return `ligand ${String(index)},${'C'.repeat((b % 32) + 1)}Oc1ccc(C(=O)N${'C'.repeat(c + 1)})c(${SUBSTITUENTS[a] ?? 'C'})c1${b < 32 ? '' : b < 64 ? '.Cl' : '.Br'}`;
  });
  const body = {
    name: 'large batch',
    taskType: 'protein_ligand_docking',
    modelId: 'echo',
    input: { library: { format: 'csv', text: `name,smiles\n${lines.join('\n')}\n` } },
  };
  const response = await fetch(`${hub.url}/api/v4/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const { id } = (await response.json()) as { id: string };
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(
    `update batch_rows set status = 'completed', outcome = 'completed', reused_from = null, score = (hashint4(index) % 10000)::float8 / 100,
       metrics = jsonb_build_object('score', (hashint4(index) % 10000)::float8 / 100), started_at = now(), finished_at = now()
     where batch_id = $1 and outcome is null`,
    [id],
  );
  await client.query(
    `update jobs set completed_count = total_count - rejected_count, failed_count = rejected_count, started_at = now(), finished_at = now(), updated_at = now(),
       reused_count = 0 where id = $1`,
    [id],
  );
  await client.query('analyze batch_rows');
  await client.end();
  return id;
}

function measureScroll(page: Page): Promise<readonly number[]> {
  return page.evaluate(`omtxBench.scroll(${String(FRAMES)})`);
}

/** Each click turns the order around; the first two warm up. */
async function measureSorts(page: Page): Promise<readonly number[]> {
  const times: number[] = [];
  for (let turn = 0; turn < SORTS + 2; turn++) {
    const time: number = await page.evaluate('omtxBench.sort()');
    if (turn >= 2) times.push(round(time));
  }
  return times;
}

async function measureFilter(page: Page, queryOf: (turn: number) => string): Promise<readonly number[]> {
  const times: number[] = [];
  for (let turn = 0; turn < FILTERS; turn++) {
    const address = JSON.stringify(`${new URL(page.url()).pathname}?${queryOf(turn)}`);
    times.push(round(await page.evaluate(`omtxBench.go(${address})`)));
  }
  return times;
}

function percentile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
