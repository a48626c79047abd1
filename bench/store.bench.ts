/**
 * `store.*`: reads of a store of 1,000,000 jobs (1,000 batches of 1,000 rows and individual jobs, 50 users) and one batch of 100,000
 * rows, over HTTP by one client: p99 below 10 ms where the data are read, below 2 ms where the answer is kept.
 * The reader owns a tenth of the jobs. `--jobs N` and `--repeat N` make it smaller; `--ingest N` is the largest library that is sent (0: none).
 * Writes the plans of the reads to `docs/sql/reads.md` with `--plans`.
 */
import { chmod, mkdtemp, rm, symlink } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { defaultDataDir } from '../packages/server/src/machine/data-dir.ts';
import { migrate } from '../packages/server/src/storage/migrate.ts';
import { startEmbeddedPostgres } from '../packages/server/src/storage/postgres/supervisor.ts';
import { startProcess } from '../tests/support/hub-process.ts';
import { measureIngest } from './store-ingest.ts';
import { writePlans } from './store-plans.ts';
import { round, tell, time } from './support.ts';

const { values } = parseArgs({
  options: {
    jobs: { type: 'string', default: '1000000' },
    repeat: { type: 'string', default: '300' },
    ingest: { type: 'string', default: '1000000' },
    plans: { type: 'boolean', default: false },
    keep: { type: 'string' },
  },
});
const JOBS = Number(values.jobs);
const REPEAT = Number(values.repeat);
const LARGEST = Number(values.ingest);
const BATCHES = Math.floor(JOBS / 1_000);
const USERS = 50;
const BIG_ROWS = 100_000;
const BIG = '01900000-ffff-7000-8000-000000000000';

const ROWS = `
  insert into batch_rows (batch_id, index, line, name, input, canonical_smiles, status, outcome, code, message, score, metrics, started_at, finished_at)
  select id, i, i + 2, 'ligand ' || i, '{"ligand": {"smiles": "CC(=O)Oc1ccccc1C(=O)O"}}', 'CC(=O)Oc1ccccc1C(=O)O',
    case when i < failed_count then 'failed' else 'completed' end, case when i < failed_count then 'failed' else 'completed' end,
    case when i < failed_count then 'model_error' end, case when i < failed_count then 'it broke' end,
    case when i < failed_count then null else -4 - ((i * 7919) % 80000) / 10000.0 end,
    jsonb_build_object('docking_score', -4 - ((i * 7919) % 80000) / 10000.0, 'molecular_weight', 100 + (i * 7919) % 5000 / 10.0, 'pose_count', i % 9),
    started_at, started_at + make_interval(secs => 1 + i % 50)`;

const dataDir = values.keep ?? (await mkdtemp(join(tmpdir(), 'omtx-store-')));
// Under root the database server is of another user, who must be able to walk to it.
await chmod(dataDir, 0o755);
// RDKit for Python, where it was set up.
await symlink(join(defaultDataDir({ HOME: homedir() }), 'environments'), join(dataDir, 'environments')).catch(() => undefined);
const postgres = await startEmbeddedPostgres({ dataDir, log: () => undefined });
const client = new pg.Client({ connectionString: postgres.url });
let hub: Awaited<ReturnType<typeof startProcess>> | undefined;
try {
  await migrate(postgres.url);
  await client.connect();
  console.error(`built in ${(await time(() => build(client))).toFixed(0)} ms`);
  hub = await startProcess('serve', dataDir, { args: ['--no-work'], environment: { DATABASE_URL: postgres.url } });
  await measureAll(hub.url);
  if (values.plans) await writePlans(postgres.url, BIG, JOBS);
  if (LARGEST > 0) await measureIngest(hub.url, client, LARGEST, report);
  const [, rssKb = '0'] = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${String(hub.pid)}/status`, 'utf8')) ?? [];
  report('store.hub_rss_mb', Number(rssKb) / 1_024, 'MB, highest', [Number(rssKb) / 1_024]);
} finally {
  await hub?.stop();
  await client.end().catch(() => undefined);
  await postgres.stop();
  if (values.keep === undefined) await rm(dataDir, { recursive: true, force: true });
}

/** By SQL, with triggers off; the tallies are then the fold, as a recount makes them. The owner `local` has a tenth. */
async function build(sql: pg.Client): Promise<void> {
  await sql.query(`set session_replication_role = replica; set synchronous_commit = off`);
  await sql.query(`insert into owners (id) select 'user' || n from generate_series(1, ${String(USERS - 1)}) n`);
  const total = `case when n < ${String(BATCHES)} then 1000 else 1 end`;
  await sql.query(`
    insert into jobs (id, owner, job_type, task_type, model_id, model_version, name, routed_by, tags, parameters, rank_by, seed, timeout_seconds,
      max_concurrency, total_count, checked_count, checked_until, next_index, completed_count, failed_count, created_at, started_at, finished_at, updated_at,
      best_index, best_score, best_metrics)
    select ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
      case when n % 10 = 0 then 'local' else 'user' || (1 + n % ${String(USERS - 1)}) end,
      case when n < ${String(BATCHES)} then 'batch_parent' else 'individual' end,
      (array['protein_ligand_docking', 'protein_ligand_binding', 'protein_structure'])[1 + n % 3], (array['vina', 'boltz2', 'echo', 'gnina'])[1 + (n / 10) % 4], '1',
      (array['COX-2', 'EGFR', 'kinase', 'thrombin', 'spike'])[1 + (n / 7) % 5] || ' screen ' || n, 'single', array['tag' || (n % 20)], '{}', 'docking_score', 42, 600, 5,
      ${total}, ${total}, ${total}, ${total}, ${total} - (n % 17 = 0)::int, (n % 17 = 0)::int, t, t + interval '3 s', t + make_interval(secs => 10 + n % 500), t + make_interval(secs => 10 + n % 500),
      0, -5 - (n % 900) / 100.0, jsonb_build_object('docking_score', -5 - (n % 900) / 100.0, 'molecular_weight', 200 + n % 300)
    from (select n, timestamptz '2026-01-01' + make_interval(secs => n * 20.0) as t from generate_series(0, ${String(JOBS - 1)}) n) g`);
  await sql.query(`insert into job_inputs (job_id, shared, sha256) select id, '{"proteinName": "COX-2"}', '' from jobs`);
  await sql.query(`${ROWS} from jobs, generate_series(0, total_count - 1) i`);
  await sql.query(`
    insert into jobs (id, owner, job_type, task_type, model_id, model_version, name, routed_by, parameters, rank_by, seed, timeout_seconds,
      max_concurrency, total_count, checked_count, checked_until, next_index, completed_count, started_at, finished_at, best_index, best_score)
    values ('${BIG}', 'local', 'batch_parent', 'protein_ligand_docking', 'vina', '1', 'the large one', 'library', '{}', 'docking_score', 42, 600, 5,
      ${String(BIG_ROWS)}, ${String(BIG_ROWS)}, ${String(BIG_ROWS)}, ${String(BIG_ROWS)}, ${String(BIG_ROWS)}, now() - interval '1 hour', now(), 0, -12)`);
  await sql.query(`insert into job_inputs (job_id, shared, sha256) values ('${BIG}', '{}', '')`);
  await sql.query(`${ROWS} from jobs, generate_series(0, total_count - 1) i where id = '${BIG}'`);
  await sql.query(`insert into tallies select * from tallies_counted`);
  await indexForSearch(sql);
  await sql.query(`set session_replication_role = default`);
  for (const statement of [
    'vacuum (analyze) jobs',
    'vacuum (analyze) batch_rows',
    'vacuum (analyze) tallies',
    'vacuum (analyze) search_documents',
    'vacuum (analyze) search_words',
    'checkpoint',
  ])
    await sql.query(statement);
}

/** What the triggers and the indexer write; the index last, which is faster. */
async function indexForSearch(sql: pg.Client): Promise<void> {
  await sql.query(`drop index search_documents_by_word`);
  await sql.query(`insert into search_documents (job_id, part, document) select id, 0, search_job_document(jobs) from jobs`);
  await sql.query(`
    insert into search_documents (job_id, part, document)
    select j.id, 1 + r.index / 5000, (search_job_lexemes(j) || ' ' || string_agg(search_lexemes(r.name, 'B'), ' '))::tsvector
    from jobs j join batch_rows r on r.batch_id = j.id where j.job_type = 'batch_parent' group by j.id, 1 + r.index / 5000`);
  await sql.query(`create index search_documents_by_word on search_documents using gin (document)`);
  await sql.query(`
    insert into search_words (owner, word)
    select distinct owner, word from (select distinct owner, regexp_replace(lower(name), '[^a-z]+', ' ', 'g') as name from jobs) n
    cross join regexp_split_to_table('ligand ' || name, ' ') word where length(word) >= 4`);
}

async function measureAll(url: string): Promise<void> {
  const api = `${url}/api/v4`;
  const ids = (
    await client.query<{ id: string }>(`select id from jobs where owner = 'local' and id <> '${BIG}' order by random() limit 2000`)
  ).rows;
  const touch = () => client.query(`insert into tally_changes (owner, kind, n) values ('local', 'version', 1)`);
  const statuses = ['completed', 'failed'];
  const models = ['vina', 'boltz2', 'echo', 'gnina'];
  const id = (n: number): string => ids[n % ids.length]?.id ?? BIG;
  await both('list', () => `${api}/jobs?limit=20`, touch);
  await both('filter', (n) => `${api}/jobs?limit=20&status=${statuses[n % 2] ?? ''}&modelId=${models[n % 4] ?? ''}`, touch);
  await both('page1000', () => `${api}/jobs?limit=20&page=1000`, touch);
  await both('search_hit', (n) => `${api}/jobs?limit=20&search=screen%20${String(n * 10)}`, touch);
  await both('search_miss', (n) => `${api}/jobs?limit=20&search=nothing${String(n)}`, touch);
  const typos = ['kniase', 'thrombni', 'scren', 'spkie'];
  await both('search_typo', (n) => `${api}/jobs?limit=20&search=${typos[n % 4] ?? ''}%20${String(n * 10)}`, touch);
  await both('search_common', () => `${api}/jobs?limit=20&search=kinase`, touch);
  await both('statistics', () => `${api}/statistics`, touch);
  await both('batch_by_score', (n) => `${api}/jobs/${BIG}/batch?sort=rank&limit=50&cursor=${String((n % 40) * 50)}`, touch);
  const raise = () => client.query(`update jobs set updated_at = updated_at where id = '${BIG}'`);
  await both('batch_by_metric', (n) => `${api}/jobs/${BIG}/batch?sort=molecular_weight&limit=50&cursor=${String((n % 40) * 50)}`, raise);
  await both('order_vector', () => `${api}/jobs/${BIG}/rows/order?sort=-molecular_weight`, raise);
  await both('job', (n) => `${api}/jobs/${id(n)}`, touch);
  await poll(api, touch);
}

/** Uncached: the data changed before each request, or each asks for another job. Cached: the same request again. */
async function both(claim: string, address: (n: number) => string, change: () => Promise<unknown>): Promise<void> {
  const uncached: number[] = [];
  const cached: number[] = [];
  for (let n = 0; n < REPEAT + 10; n++) {
    await change();
    const first = await time(() => get(address(n)));
    const again = await time(() => get(address(n)));
    if (n < 10) continue;
    uncached.push(first);
    cached.push(again);
  }
  report(`store.${claim}.p99_ms`, percentile(uncached, 0.99), 'ms', uncached);
  report(`store.${claim}_cached.p99_ms`, percentile(cached, 0.99), 'ms', cached);
}

/** Twenty open pages that each ask for a list, statistics and a job, while the owner's jobs change every hundred requests. */
async function poll(api: string, touch: () => Promise<unknown>): Promise<void> {
  type Figures = Readonly<Record<string, { readonly hits: number; readonly misses: number }>>;
  const figures = async (): Promise<Figures> => ((await (await fetch(`${api}/statistics`)).json()) as { cache: Figures }).cache;
  const before = await figures();
  for (let n = 0; n < 1_000; n++) {
    if (n % 100 === 0) await touch();
    await Promise.all([get(`${api}/jobs?limit=20`), get(`${api}/statistics`), get(`${api}/jobs/${BIG}`)]);
  }
  const after = await figures();
  const gained = (what: 'hits' | 'misses'): number =>
    Object.keys(after).reduce((sum, kind) => sum + (after[kind]?.[what] ?? 0) - (before[kind]?.[what] ?? 0), 0);
  const ratio = gained('hits') / (gained('hits') + gained('misses'));
  report('store.cache_hit_ratio', ratio, 'hits / reads', [ratio]);
}

async function get(address: string): Promise<void> {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address}: ${String(response.status)} ${await response.text()}`);
  await response.arrayBuffer();
}

function percentile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

function report(claim: string, value: number, unit: string, samples: readonly number[]): void {
  tell({
    claim,
    value: round(value),
    unit,
    n: samples.length,
    sizes: { jobs: JOBS, batches: BATCHES, batchRows: 1_000, users: USERS, largeBatchRows: BIG_ROWS },
    versions: { node: process.versions.node, postgres: '18.4' },
    samples: { p50: [round(percentile(samples, 0.5))], p95: [round(percentile(samples, 0.95))], p99: [round(percentile(samples, 0.99))] },
  });
}
