/** Exports as programs of their users read them: each file is opened by a reader that the hub has no part in. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import * as xlsx from '@e965/xlsx';
import { LOCAL_OWNER, type RowDetail } from '@omtx/contract';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Api } from '../../../test/api.ts';
import { openTestHub, type TestHub } from '../../../test/hub.ts';
import { submitTestBatch } from '../../../test/jobs.ts';
import { readZip } from '../../../test/read-zip.ts';
import { deleteJobWithRows } from '../../storage/delete-job.ts';
import { exportRows } from './export-rows.ts';

let hub: TestHub;
let api: Api;

beforeAll(async () => {
  hub = await openTestHub();
  api = new Api(hub);
});

afterAll(() => hub.close());

/** Awkward on purpose: formulas, quotes, line ends, a column called as one of ours, a bad molecule and a repeat. */
const LIBRARY = [
  'name,smiles,plate,rank',
  'ethanol,CCO,P1,7',
  '"=HYPERLINK(""http://x"")",C1CC,P2,8',
  'alcohol,OCC,"P,3",9',
  '-propane,CCC,"two\nlines",1e5',
  '',
].join('\r\n');
const FORMULA = '=HYPERLINK("http://x")';

async function screen(): Promise<string> {
  const { id } = await api.submit({ name: 'a screen', input: { library: { format: 'csv', text: LIBRARY } } });
  await api.ended(id);
  return id;
}

async function file(id: string, query: string): Promise<Buffer> {
  const answer = await hub.app.inject(`/api/v4/jobs/${id}/export?${query}`);
  expect(answer.statusCode, answer.body.slice(0, 500)).toBe(200);
  return answer.rawPayload;
}

test('a workbook has every row with numbers as numbers, formulas as text, pictures, and a sheet of meanings', async () => {
  const id = await screen();
  const bytes = await file(id, 'format=xlsx');
  const book = xlsx.read(bytes, { cellNF: true, cellStyles: true });
  expect(book.SheetNames).toEqual(['rows', 'about']);
  const sheet = book.Sheets['rows'] ?? {};
  const rows = xlsx.utils.sheet_to_json<Record<string, unknown>>(sheet, { defval: null });
  expect(rows.map((row) => [row['rank'], row['name'], row['echo.score'], row['outcome'], row['rank (library)'], row['plate']])).toEqual([
    [1, 'ethanol', -3, 'completed', '7', 'P1'],
    [null, FORMULA, null, 'rejected', '8', 'P2'],
    [1, 'alcohol', -3, 'reused', '9', 'P,3'],
    [1, '-propane', -3, 'completed', '1e5', 'two\nlines'],
  ]);
  const cells = Object.entries(sheet).filter(([address]) => /^[A-Z]+\d+$/.test(address));
  expect(cells.filter(([, cell]: [string, xlsx.CellObject]) => cell.f !== undefined)).toEqual([]);
  const about = xlsx.utils.sheet_to_json<string[]>(book.Sheets['about'] ?? {}, { header: 1 });
  expect(about).toContainEqual(['rows', '4 of 4, order: index']);
  expect(about).toContainEqual(['echo.score', 'The length of the SMILES, with a minus.']);
  const parts = await readZip(bytes);
  const pictures = [...parts].filter(([name]) => name.startsWith('xl/media/'));
  expect(pictures).toHaveLength(3);
  for (const [, picture] of pictures) expect(picture.subarray(1, 4).toString()).toBe('PNG');
  expect(
    parts
      .get('xl/drawings/drawing1.xml')
      ?.toString()
      .match(/<xdr:row>\d+<\/xdr:row>/g),
  ).toEqual(['<xdr:row>1</xdr:row>', '<xdr:row>3</xdr:row>', '<xdr:row>4</xdr:row>']);
});

test('a Parquet file has typed columns, nulls, the moment, and every row', async () => {
  const id = await screen();
  const bytes = await file(id, 'format=parquet');
  const { buffer: whole, byteOffset, byteLength } = bytes;
  const source = whole.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
  const metadata = parquetMetadata(source);
  const types = Object.fromEntries(metadata.schema.slice(1).map(({ name, type }) => [name, type]));
  expect(types).toMatchObject({ index: 'INT32', name: 'BYTE_ARRAY', 'echo.score': 'DOUBLE', 'rank (library)': 'BYTE_ARRAY' });
  expect(metadata.key_value_metadata).toContainEqual({ key: 'omtx.job', value: id });
  const rows = await parquetReadObjects({ file: source });
  expect(rows).toMatchObject([
    { rank: 1, index: 0, name: 'ethanol', 'echo.score': -3, plate: 'P1' },
    { rank: null, index: 1, name: FORMULA, 'echo.score': null, code: 'rejected_invalid_smiles' },
    { rank: 1, index: 2, reused_from: 0, plate: 'P,3' },
    { rank: 1, index: 3, name: '-propane', plate: 'two\nlines' },
  ]);
});

test('an archive holds table, rows, files and a manifest whose checksums are those of its entries', async () => {
  const id = await screen();
  const entries = await readZip(await file(id, 'format=zip'));
  const manifest = JSON.parse(entries.get('manifest.json')?.toString() ?? '');
  expect(manifest).toMatchObject({ kind: 'omtx-job', isWhole: true, rows: 4, missing: [], job: { id, modelId: 'echo' } });
  const listed = (manifest.files as { path: string; sha256: string; sizeBytes: number }[]).map(({ path, sha256 }) => [path, sha256]);
  expect(listed).toEqual([...entries].filter(([name]) => name !== 'manifest.json').map(([name, bytes]) => [name, sha256Of(bytes)]));
  const rows = (entries.get('rows.jsonl')?.toString().trim().split('\n') ?? []).map((line) => JSON.parse(line));
  expect(rows.map((row) => [row.index, row.outcome, row.artifacts.map(({ path }: { path: string }) => path)])).toEqual([
    [0, 'completed', ['rows/000000/echo.json']],
    [1, 'rejected', []],
    [2, 'reused', ['rows/000000/echo.json']],
    [3, 'completed', ['rows/000003/echo.json']],
  ]);
  expect(JSON.parse(entries.get('rows/000003/echo.json')?.toString() ?? '')).toMatchObject({ asked: { smiles: 'CCC' } });
  expect(entries.get('results.csv')?.toString()).toBe((await file(id, 'format=csv')).toString());
});

test('a damaged file is named in the manifest and not in the archive; the others are whole', async () => {
  const id = await screen();
  const { artifacts } = await api.call<RowDetail>({ url: `/api/v4/jobs/${id}/rows/3` }, 200);
  const sha256 = artifacts[0]?.sha256 ?? '';
  await writeFile(join(hub.artifactsDir, sha256.slice(0, 2), sha256), 'a lie');
  const entries = await readZip(await file(id, 'format=zip'));
  expect([entries.has('rows/000000/echo.json'), entries.has('rows/000003/echo.json')]).toEqual([true, false]);
  expect(JSON.parse(entries.get('manifest.json')?.toString() ?? '').missing).toEqual([
    { path: 'rows/000003/echo.json', reason: expect.stringContaining(sha256) },
  ]);
});

test('a view or chosen rows are exported in their order, and not both at once', async () => {
  const id = await screen();
  const indexes = (text: Buffer) =>
    text
      .toString()
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { index: number }).index);
  expect(indexes(await file(id, 'format=jsonl'))).toEqual([0, 1, 2, 3]);
  expect(indexes(await file(id, 'format=jsonl&sort=rank'))).toEqual([0, 2, 3, 1]);
  expect(indexes(await file(id, 'format=jsonl&outcome=completed&sort=-index'))).toEqual([3, 0]);
  expect(indexes(await file(id, 'format=jsonl&rows=3,1'))).toEqual([3, 1]);
  const chosen = { method: 'POST', url: `/api/v4/jobs/${id}/export`, payload: { format: 'jsonl', rows: [2, 0, 99] } } as const;
  expect(indexes((await hub.app.inject(chosen)).rawPayload)).toEqual([2, 0]);
  await api.problem({ url: `/api/v4/jobs/${id}/export?rows=1&outcome=failed` }, 'invalid_query');
  await api.problem({ url: `/api/v4/jobs/${id}/export?format=docx` }, 'invalid_query');
});

test('the export of a running batch is of one moment: every row once, and its cursor is where the events go on', async () => {
  const ligands = Array.from({ length: 40 }, (_, index) => ({ smiles: 'C'.repeat(index + 1), sleep: index === 39 ? 30 : 0.01 }));
  const { id } = await api.submit({ input: { ligands }, maxConcurrency: 2 });
  await expect.poll(async () => (await api.job(id)).progress.completed, { timeout: 20_000 }).toBeGreaterThan(3);
  const answer = await hub.app.inject(`/api/v4/jobs/${id}/export?format=jsonl`);
  const rows = answer.body
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { index: number; outcome: string | null });
  expect(rows.map(({ index }) => index)).toEqual(ligands.map((_, index) => index));
  const done = rows.filter(({ outcome }) => outcome === 'completed').length;
  expect(done).toBeGreaterThan(3);
  expect(done).toBeLessThan(40);
  const events = await hub.ctx.db
    .selectFrom('job_events')
    .selectAll()
    .where('job_id', '=', id as never)
    .orderBy('sequence')
    .execute();
  const seen = events.filter(({ sequence }) => sequence <= Number(answer.headers['omtx-cursor'])).at(-1);
  expect((seen?.data as { progress: { completed: number } }).progress.completed).toBe(done);
  await api.post(`/jobs/${id}/cancel`, undefined);
});

test('rows that change while a slow reader reads are not seen, and a job deleted meanwhile is read to its end', async () => {
  const id = await submitTestBatch(hub.ctx.db, 5_000, { taskType: 'protein_ligand_docking' });
  const { content } = await exportRows(hub.ctx, { owner: LOCAL_OWNER }, id, 'jsonl');
  const first = await content.next();
  await deleteJobWithRows(hub.ctx.db, LOCAL_OWNER, id);
  let lines = String(first.value).split('\n').length - 1;
  for await (const piece of content) lines += String(piece).split('\n').length - 1;
  expect(lines).toBe(5_000);
});

test('a reader that goes away leaves no snapshot open', async () => {
  const id = await submitTestBatch(hub.ctx.db, 5_000, { taskType: 'protein_ligand_docking' });
  for (const format of ['csv', 'xlsx', 'zip', 'parquet'] as const) {
    const { content } = await exportRows(hub.ctx, { owner: LOCAL_OWNER }, id, format);
    await content.next();
    await content.return(undefined);
  }
  const { rows } = await sql`
    select query from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and state like 'idle in transaction%'`.execute(hub.ctx.db);
  expect(rows).toEqual([]);
});

function sha256Of(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
