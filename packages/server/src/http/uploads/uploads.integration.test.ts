/** Files that are sent: as a form, as the body itself, packed; what is said of them, and jobs that are made of them. */
import { readdir } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { randomUUID } from 'node:crypto';
import { MAX_UPLOAD_BYTES, ROUTES, type SubmitAnswer, type Upload } from '@omtx/contract';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { Api } from '../../../test/api.ts';
import { openTestHub, type TestHub } from '../../../test/hub.ts';

let hub: TestHub;
let api: Api;

beforeAll(async () => {
  hub = await openTestHub({ works: false, checks: false });
  api = new Api(hub);
});

beforeEach(async () => {
  await hub.ctx.db.deleteFrom('jobs').execute();
  await hub.ctx.db.deleteFrom('uploads').execute();
});

afterAll(() => hub.close());

const TABLE = 'id,smiles,plate\na,CCO,P1\nb,CCN,P2\nc,,P3\n';
const JOB = { name: 'sent', taskType: 'protein_ligand_docking', modelId: 'echo', input: {} };

async function send(content: string | Buffer, query = 'fileName=hits.csv', status = 200): Promise<Upload> {
  const options = {
    method: 'POST',
    url: `/api/v4/uploads?${query}`,
    headers: { 'content-type': 'text/csv' },
    payload: Buffer.from(content),
  } as const;
  return api.call<Upload>(options, status, status === 200 ? ROUTES.createUpload.answer : undefined);
}

interface Part {
  readonly name: string;
  readonly fileName?: string;
  readonly content: string | Buffer;
}

function form(parts: readonly Part[]): { readonly headers: Record<string, string>; readonly payload: Buffer } {
  const boundary = '----test-boundary';
  const pieces = parts.flatMap(({ name, fileName, content }) => [
    `--${boundary}\r\ncontent-disposition: form-data; name="${name}"${fileName === undefined ? '' : `; filename="${fileName}"\r\ncontent-type: application/octet-stream`}\r\n\r\n`,
    content,
    '\r\n',
  ]);
  const payload = Buffer.concat([...pieces, `--${boundary}--\r\n`].map((piece) => Buffer.from(piece)));
  return { headers: { 'content-type': `multipart/form-data; boundary=${boundary}` }, payload };
}

async function rowsOf(id: string) {
  return hub.ctx.db
    .selectFrom('batch_rows')
    .selectAll()
    .where('batch_id', '=', id as never)
    .orderBy('index')
    .execute();
}

async function library(count: number): Promise<string> {
  await Promise.resolve();
  return `name,smiles,plate\n${Array.from({ length: count }, (_, index) => `m${String(index)},${'C'.repeat((index % 50) + 1)}N,P1`).join('\n')}\n`;
}

test('a file that is the body itself: what is in it, column by column, with what cannot be read', async () => {
  const upload = await send(TABLE);
  expect(upload).toMatchObject({
    fileName: 'hits.csv',
    state: 'ready',
    format: 'csv',
    isCompressed: false,
    encoding: 'utf-8',
    receivedBytes: TABLE.length,
  });
  expect(upload.contents).toEqual({
    records: 3,
    malformed: 1,
    problems: [{ line: 4, code: 'rejected_empty', message: 'The record on line 4 has no molecule.' }],
    columns: [
      { name: 'id', samples: ['a', 'b', 'c'] },
      { name: 'smiles', samples: ['CCO', 'CCN'] },
      { name: 'plate', samples: ['P1', 'P2', 'P3'] },
    ],
    smilesColumn: 'smiles',
    nameColumn: 'id',
    preview: [
      { line: 2, name: 'a', smiles: 'CCO', problem: null },
      { line: 3, name: 'b', smiles: 'CCN', problem: null },
      { line: 4, name: 'c', smiles: null, problem: 'The record on line 4 has no molecule.' },
    ],
    unusable: null,
  });
  expect(await api.call({ url: `/api/v4/uploads/${upload.id}` }, 200, ROUTES.getUpload.answer)).toEqual(upload);
});

test('a file that comes over a connection is read as one that is given in this process', async () => {
  const address = await hub.app.listen({ port: 0, host: '127.0.0.1' });
  const answer = await fetch(`${address}/api/v4/uploads?fileName=hits.csv.gz`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: gzipSync(TABLE),
  });
  expect([answer.status, ((await answer.json()) as Upload).contents?.records]).toEqual([200, 3]);
});

test('a form with a packed file says the same, by the name of the file', async () => {
  const { headers, payload } = form([{ name: 'file', fileName: 'hits.tsv.gz', content: gzipSync(TABLE.replaceAll(',', '\t')) }]);
  const upload = await api.call<Upload>({ method: 'POST', url: '/api/v4/uploads', headers, payload }, 200, ROUTES.createUpload.answer);
  expect(upload).toMatchObject({
    fileName: 'hits.tsv.gz',
    format: 'csv',
    isCompressed: true,
    contents: { records: 3, smilesColumn: 'smiles' },
  });
});

test.each([
  ['a.txt', 'CCO ethanol\nCCN amine\n', 'smi', 2],
  ['unnamed', '{"smiles":"CCO"}\n"CCN"\n', 'ndjson', 2],
  ['unnamed', 'ethanol\n  x\n\n  0  0  0     0  0            999 V2000\nM  END\n$$$$\n', 'sdf', 1],
  ['unnamed', '>one first\nACDE\nFG\n>two\nMK*\n', 'fasta', 2],
  ['unnamed', 'smiles;id\nCCO;1\n', 'csv', 1],
])('the format of %s is found by name or text', async (fileName, text, format, records) => {
  expect(await send(text, `fileName=${fileName}`)).toMatchObject({ format, contents: { records, malformed: 0 } });
});

test('a table of Windows or in UTF-16 is read in its own encoding', async () => {
  const latin = await send(Buffer.from('smiles,name\nCCO,caf\xe9 5 \xb5M\n', 'latin1'));
  expect([latin.encoding, latin.contents?.preview[0]?.name]).toEqual(['windows-1252', 'café 5 µM']);
  const wide = await send(Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('smiles\tname\nCCO\tcafé\n', 'utf16le')]));
  expect([wide.encoding, wide.contents?.preview[0]?.name]).toEqual(['utf-16le', 'café']);
});

test('a table whose headers say nothing keeps its columns to choose from, and a job names the one', async () => {
  const upload = await send('code,drawing\n1,CCO\n2,CCN\n');
  expect(upload.contents).toMatchObject({ records: 2, smilesColumn: null, unusable: { field: 'smilesColumn' } });
  expect(upload.contents?.columns.map(({ name }) => name)).toEqual(['code', 'drawing']);
  const body = (more: object) => ({ ...JOB, input: { library: { uploadId: upload.id, ...more } } });
  const refused = await api.problem({ method: 'POST', url: '/api/v4/jobs', payload: body({}) }, 'invalid_input');
  expect(refused.detail).toContain('In "hits.csv": No header of the table says which column holds the SMILES.');
  expect(refused.errors[0]?.pointer).toBe('/input/library/smilesColumn');
  const answer = await api.submit(body({ smilesColumn: 'drawing', nameColumn: 'code' }));
  expect(answer).toMatchObject({ jobType: 'batch_parent', routedBy: 'library', rows: { total: 2, rejected: 0, unchecked: 0 } });
  expect((await rowsOf(answer.id)).map(({ name, line }) => [name, line])).toEqual([
    ['1', 2],
    ['2', 3],
  ]);
});

test('a submission may be one form: the job, the library and the column; the file goes, the rows stay', async () => {
  const { headers, payload } = form([
    { name: 'job', content: JSON.stringify(JOB) },
    { name: 'smilesColumn', content: 'smiles' },
    { name: 'file', fileName: 'hits.csv', content: TABLE },
  ]);
  const answer = await api.call<SubmitAnswer>({ method: 'POST', url: '/api/v4/jobs', headers, payload }, 202, ROUTES.submitJob.answer);
  expect(answer.rows).toEqual({ total: 3, accepted: 2, rejected: 1, reused: 0, unchecked: 0 });
  expect((await rowsOf(answer.id)).map(({ original }) => original)).toEqual([{ plate: 'P1' }, { plate: 'P2' }, { plate: 'P3' }]);
  await expect.poll(async () => hub.ctx.db.selectFrom('uploads').select('id').execute()).toEqual([]);
  const quoted = await api.call({ method: 'POST', url: '/api/v4/quote', headers, payload }, 200, ROUTES.quoteJob.answer);
  expect(quoted).toMatchObject({ rows: { total: 3, rejected: 1 } });
});

test(
  'a large file is streamed into the job: rows stored unchecked, refused ones listed, columns kept, the count told',
  { timeout: 120_000 },
  async () => {
    const text = (await library(6_000)).replace('m10,CCCCCCCCCCCN,P1', 'm10,CCCCCCCCCCCN');
    const upload = await send(gzipSync(text), 'fileName=large.csv.gz');
    const body = { ...JOB, input: { library: { uploadId: upload.id } } };
    const quoted = await api.post('/quote', body, ROUTES.quoteJob.answer, 200);
    expect(quoted).toMatchObject({ rows: { total: 6_000, rejected: 1, unchecked: 6_000 }, runs: 5_999 });
    const answer = await api.submit(body);
    expect(answer.rows).toEqual({ total: 6_000, accepted: 5_999, rejected: 1, reused: 0, unchecked: 6_000 });
    expect(answer.rejected).toMatchObject([{ index: 10, line: 12, code: 'rejected_malformed_row' }]);
    const job = await hub.ctx.db.selectFrom('jobs').selectAll().executeTakeFirstOrThrow();
    expect([job.library_columns, job.total_count, job.checked_until]).toEqual([['plate'], 6_000, 0]);
    expect(await send(TABLE)).toMatchObject({ rowsStored: 0, jobId: null });
    expect(await api.call({ url: `/api/v4/uploads/${upload.id}` }, 200)).toMatchObject({ rowsStored: 6_000, jobId: answer.id });
  },
);

test('with rejectAll one line of a large file that cannot be read stores nothing', { timeout: 120_000 }, async () => {
  const upload = await send((await library(6_000)).replace('m10,CCCCCCCCCCCN,P1', 'm10,CCCCCCCCCCCN'));
  const payload = { ...JOB, onInvalid: 'rejectAll', input: { library: { uploadId: upload.id } } };
  const refused = await api.problem({ method: 'POST', url: '/api/v4/jobs', payload }, 'rows_rejected');
  expect(refused.detail).toContain('1 of 6000 rows is rejected; nothing was stored.');
  expect(refused.errors[0]?.detail).toContain('line 12');
  expect(await hub.ctx.db.selectFrom('jobs').select('id').execute()).toEqual([]);
});

test('a retry under the same key with the file sent anew is the same job, another file under it is refused', async () => {
  const submit = async (text: string) => ({ ...JOB, idempotencyKey: 'k', input: { library: { uploadId: (await send(text)).id } } });
  const first = await api.submit(await submit(TABLE));
  expect(await api.submit(await submit(TABLE))).toMatchObject({ id: first.id, replayed: true });
  await api.problem({ method: 'POST', url: '/api/v4/jobs', payload: await submit(`${TABLE}d,CCC,P4\n`) }, 'idempotency_conflict');
});

test.each([
  ['a spreadsheet', Buffer.from('PK\u0003\u0004......xl/workbook.xml'), 'Save it as CSV'],
  ['an archive', Buffer.from('PK\u0003\u0004......other.txt'), 'Unpack it'],
  ['a damaged gzip', Buffer.concat([gzipSync('x'.repeat(2_000_000)).subarray(0, 1_500), Buffer.from('no')]), 'damaged'],
  ['nothing', Buffer.from(''), 'empty'],
  ['bytes', Buffer.from([1, 0, 2, 0]), 'no text'],
  ['FASTA without a header', Buffer.from('ACDE\n'), 'before the first header'],
])('%s is refused in words, and leaves no file behind', async (_what, content, words) => {
  const name = words.includes('header') ? 'fileName=a.fasta' : 'fileName=a';
  const options = {
    method: 'POST',
    url: `/api/v4/uploads?${name}`,
    headers: { 'content-type': 'application/octet-stream' },
    payload: content,
  } as const;
  const { detail } = await api.problem(options, 'upload_unusable');
  expect(detail).toContain(words);
  expect(await hub.ctx.db.selectFrom('uploads').select(['state', 'failure']).execute()).toEqual([{ state: 'failed', failure: detail }]);
  expect(await readdir(hub.ctx.spoolDir)).toEqual([]);
});

test('a file that says it is too large is refused before it comes; one that breaks off is forgotten', async () => {
  const headers = { 'content-type': 'text/csv', 'content-length': String(MAX_UPLOAD_BYTES + 1) };
  await api.problem({ method: 'POST', url: '/api/v4/uploads', headers, payload: Readable.from(['x']) }, 'body_too_large');
  const broken = new Readable({ read: () => undefined });
  broken.push('smiles\nCCO\n');
  const sent = hub.app.inject({ method: 'POST', url: '/api/v4/uploads', headers: { 'content-type': 'text/csv' }, payload: broken });
  await expect
    .poll(async () => (await hub.ctx.db.selectFrom('uploads').select('state').execute()).map(({ state }) => state))
    .toContain('receiving');
  broken.destroy(new Error('the sender is gone'));
  await sent.catch(() => undefined);
  await expect.poll(async () => hub.ctx.db.selectFrom('uploads').select('id').where('state', '=', 'receiving').execute()).toEqual([]);
  expect(await readdir(hub.ctx.spoolDir)).toEqual([]);
});

test('a sequence file makes a batch for a task of one chain, and no row of a task with ligands', async () => {
  const upload = await send('>one first chain\nACDE\nFG\n>two\nMKX1\n', 'fileName=a.fasta');
  expect(upload.contents).toMatchObject({ records: 2, malformed: 1, columns: [{ name: 'description', samples: ['first chain'] }] });
  const payload = { ...JOB, input: { library: { uploadId: upload.id } } };
  const { errors } = await api.problem({ method: 'POST', url: '/api/v4/jobs', payload }, 'invalid_input');
  expect(errors.map(({ pointer }) => pointer)).toEqual(['/input/library']);
});

test('an upload is its owner’s by id only while it is there', async () => {
  const upload = await send(TABLE, `fileName=a.csv&id=${randomUUID()}`);
  await api.problem(
    { method: 'POST', url: `/api/v4/uploads?id=${upload.id}`, headers: { 'content-type': 'text/csv' }, payload: TABLE },
    'idempotency_conflict',
  );
  expect(await api.call({ method: 'DELETE', url: `/api/v4/uploads/${upload.id}` }, 200)).toEqual({ deleted: 1 });
  await api.problem({ url: `/api/v4/uploads/${upload.id}` }, 'upload_not_found');
  const payload = { ...JOB, input: { library: { uploadId: upload.id } } };
  await api.problem({ method: 'POST', url: '/api/v4/jobs', payload }, 'upload_not_found');
});
