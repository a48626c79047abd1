/** Rows by substructure and similarity, compounds over all jobs; with stored fingerprints and without, on the real RDKit. */
import { LOCAL_OWNER, ownerId, type JobId, type RowViewText } from '@omtx/contract';
import { sql } from 'kysely';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { Batches, plain, rejected } from '../../test/batches.ts';
import { testContext } from '../../test/context.ts';
import type { Chemistry } from '../chemistry/chemistry.ts';
import { openChemistry } from '../chemistry/rdkit-chemistry.ts';
import { writeFingerprints } from '../storage/search/pending.ts';
import { countMatches } from './choose-rows.ts';
import type { HubContext } from './context.ts';
import { findCompound } from './find-compound.ts';
import { indexNext } from './index-ligands.ts';
import { readBatch, readRowOrder, readRows } from './read-rows.ts';

const batches = Batches.use();
const chemistry = openChemistry({ threads: 1 });
const me = { owner: LOCAL_OWNER };
let ctx: HubContext;

beforeEach(() => {
  ctx = testContext(batches.db, { chemistry });
});
afterAll(() => chemistry.close());

/** Canonical, as the check stores them. */
const SMILES = {
  aspirin: 'CC(=O)Oc1ccccc1C(=O)O',
  salicylic: 'O=C(O)c1ccccc1O',
  caffeine: 'Cn1c(=O)c2c(ncn2C)n(C)c1=O',
  toluene: 'Cc1ccccc1',
  hexane: 'CCCCCC',
  sulfonamide: 'NS(=O)(=O)c1ccccc1',
} as const;
const NAMES = ['aspirin', 'salicylic', 'caffeine', 'toluene', 'hexane', 'sulfonamide'] as const;

function ligand(smiles: string, canonicalSmiles: string | null = smiles) {
  return { ...plain, input: { ligand: { smiles } }, canonicalSmiles };
}

async function submit(): Promise<JobId> {
  return batches.submit([...NAMES.map((name) => ligand(SMILES[name])), rejected]);
}

/** Fingerprints of all rows but the last two, as if a later piece were still to come. */
async function store(id: JobId): Promise<void> {
  for (const [kind, more] of [
    ['morgan', 'fingerprint'],
    ['pattern', 'ligand'],
  ] as const) {
    const readings = await chemistry.read(NAMES.slice(0, 4).map((name) => ({ smiles: SMILES[name], cleaning: 'as_is', more })));
    const bits = Buffer.concat(readings.map((reading) => (reading.kind === 'molecule' && reading[kind]) || new Uint8Array(256)));
    await writeFingerprints(batches.db, { jobId: id, kind, start: 0, bits });
  }
}

async function found(id: JobId, query: RowViewText): Promise<(string | undefined)[]> {
  const { rows } = await readRows(ctx, me, id, query);
  return rows.map(({ index }) => NAMES[index]);
}

describe.each([
  ['with stored fingerprints', true],
  ['without fingerprints', false],
])('%s', (_what, isStored) => {
  async function screened(): Promise<JobId> {
    const id = await submit();
    if (isStored) await store(id);
    return id;
  }

  test.each<[string, RowViewText, string[]]>([
    ['a ring as SMARTS', { substructure: 'c1ccccc1' }, ['aspirin', 'salicylic', 'toluene', 'sulfonamide']],
    ['a Kekule ring as SMILES', { substructure: 'C1=CC=CC=C1' }, ['aspirin', 'salicylic', 'toluene', 'sulfonamide']],
    ['a SMARTS with hydrogens', { substructure: '[OX2H]c' }, ['salicylic']],
    ['a group', { substructure: 'S(=O)(=O)[NH2]' }, ['sulfonamide']],
    ['a ring atom', { substructure: '[R]' }, ['aspirin', 'salicylic', 'caffeine', 'toluene', 'sulfonamide']],
    ['nothing', { substructure: '[Fe]' }, []],
    ['the molecule itself', { similarTo: 'OC(=O)c1ccccc1OC(C)=O', minSimilarity: 1 }, ['aspirin']],
    ['alike ones, the most alike first', { similarTo: SMILES.aspirin, minSimilarity: 0.3, sort: '-similarity' }, ['aspirin', 'salicylic']],
    ['both together', { similarTo: SMILES.aspirin, minSimilarity: 0.2, substructure: '[OX2H]c' }, ['salicylic']],
    ['with another filter', { substructure: 'c1ccccc1', status: 'failed' }, []],
    ['in another order', { substructure: 'c1ccccc1', sort: '-index' }, ['sulfonamide', 'toluene', 'salicylic', 'aspirin']],
  ])('%s', async (_name, query, expected) => {
    const id = await screened();
    expect(await found(id, query)).toEqual(expected);
    expect((await readRowOrder(ctx, me, id, query)).indexes).toHaveLength(expected.length);
    expect((await readBatch(ctx, me, id, query)).statistics.matching).toBe(expected.length);
  });

  test('the count is there while it runs and ends with the number of rows', async () => {
    const id = await screened();
    const query = { substructure: 'c1ccccc1' };
    await expect
      .poll(() => countMatches(ctx, me, id, query), { timeout: 20_000 })
      .toEqual({ total: 7, examined: 7, matching: 4, isDone: true });
  });
});

test('a count does not wait for the end, and who asks again joins the search that runs', async () => {
  const id = await submit();
  const { promise: gate, resolve: open } = Promise.withResolvers<undefined>();
  let matches = 0;
  const slow: Chemistry = {
    ...chemistry,
    readPattern: (text) => chemistry.readPattern(text),
    read: (queries, urgency) => chemistry.read(queries, urgency),
    match: async (pattern, smiles) => {
      matches += 1;
      await gate;
      return chemistry.match(pattern, smiles);
    },
  };
  ctx = testContext(batches.db, { chemistry: slow });
  const query = { substructure: 'c1ccccc1' };
  expect(await countMatches(ctx, me, id, query)).toEqual({ total: 7, examined: 0, matching: 0, isDone: false });
  const rows = readRows(ctx, me, id, query);
  open(undefined);
  expect((await rows).rows).toHaveLength(4);
  expect(await countMatches(ctx, me, id, query)).toMatchObject({ matching: 4, isDone: true });
  expect(matches).toBe(1);
});

test('rows that are not checked yet are not found, and are once they are', async () => {
  const id = await submit();
  await sql`update jobs set checked_count = 2, checked_until = 2, next_index = 0 where id = ${id}`.execute(batches.db);
  expect(await found(id, { substructure: 'c1ccccc1' })).toEqual(['aspirin', 'salicylic']);
  await sql`update jobs set checked_count = 7, checked_until = 7 where id = ${id}`.execute(batches.db);
  expect(await found(id, { substructure: 'c1ccccc1' })).toHaveLength(4);
});

test('a row of an imported job has its SMILES as it was written, and is found all the same', async () => {
  const id = await batches.submit([ligand('C1=CC=CC=C1C', null), ligand('CCCCCC', null)]);
  expect((await readRows(ctx, me, id, { substructure: 'c1ccccc1' })).rows.map(({ index }) => index)).toEqual([0]);
  expect((await readRows(ctx, me, id, { similarTo: 'Cc1ccccc1', minSimilarity: 1 })).rows.map(({ index }) => index)).toEqual([0]);
});

test.each<[RowViewText, string]>([
  [{ substructure: 'C((' }, 'substructure'],
  [{ similarTo: 'not a molecule' }, 'similarTo'],
  [{ sort: 'similarity' }, 'sort'],
])('%o is refused by name', async (query, pointer) => {
  const id = await submit();
  const refusal = { code: 'invalid_query', errors: [{ pointer }] };
  await expect(readRows(ctx, me, id, query)).rejects.toMatchObject(refusal);
  // A fault is not kept as an answer.
  await expect(readRows(ctx, me, id, query)).rejects.toMatchObject(refusal);
});

test('a job of somebody else is not found', async () => {
  const id = await submit();
  const stranger = { owner: ownerId('stranger') };
  await expect(readRows(ctx, stranger, id, { substructure: 'C' })).rejects.toMatchObject({ code: 'job_not_found' });
  await expect(countMatches(ctx, stranger, id, { substructure: 'C' })).rejects.toMatchObject({ code: 'job_not_found' });
});

test('the indexer stores pattern fingerprints of large jobs, which screen as RDKit decides', async () => {
  const rows = Array.from({ length: 1_000 }, (_, index) => ligand(`${'C'.repeat(1 + (index % 10))}N`));
  const id = await batches.submit([...rows, ligand(SMILES.aspirin)]);
  while (await indexNext(ctx, '00000000-0000-4000-8000-000000000001'));
  const { rows: pieces } = await sql<{ bytes: number }>`
    select length(bits) as bytes from ligand_fingerprints where job_id = ${id} and kind = 'pattern'`.execute(batches.db);
  expect(pieces).toEqual([{ bytes: 1_001 * 256 }]);
  expect((await readRows(ctx, me, id, { substructure: 'c1ccccc1' })).rows.map(({ index }) => index)).toEqual([1_000]);
});

describe('a compound over all jobs', () => {
  const KEY = 'BSYNRYMUTXBXSQ-UHFFFAOYSA-N';

  async function fill(): Promise<void> {
    await sql`insert into owners (id) values ('other') on conflict do nothing`.execute(batches.db);
    await batches.submit([ligand(SMILES.toluene), ligand(SMILES.aspirin)], { name: 'first' });
    await batches.submit([ligand(SMILES.aspirin)], { name: 'second', jobType: 'individual' });
    await batches.submit([ligand(SMILES.aspirin)], { name: 'foreign' }, ownerId('other'));
    while (await indexNext(ctx, '00000000-0000-4000-8000-000000000001'));
  }

  test.each([
    ['its InChIKey', { inchikey: KEY }],
    ['its skeleton', { inchikey: KEY.slice(0, 14) }],
    ['any SMILES of it', { smiles: 'OC(=O)C1=CC=CC=C1OC(C)=O' }],
  ])('is found by %s, the newest job first, with the id of each row', async (_what, query) => {
    await fill();
    const { rows, total } = await findCompound(ctx, me, { ...query, limit: 10 });
    expect(total).toBe(2);
    expect(rows.map(({ jobName, index }) => [jobName, index])).toEqual([
      ['second', 0],
      ['first', 1],
    ]);
    expect(rows[0]).toMatchObject({ id: rows[0]?.jobId, inchikey: KEY, canonicalSmiles: SMILES.aspirin });
    expect(rows[1]?.id).toBe(`${rows[1]?.jobId ?? ''}-0001`);
  });

  test('comes in pages', async () => {
    await fill();
    const first = await findCompound(ctx, me, { inchikey: KEY, limit: 1 });
    expect([first.rows[0]?.jobName, first.nextCursor]).toEqual(['second', '1']);
    const second = await findCompound(ctx, me, { inchikey: KEY, limit: 1, cursor: '1' });
    expect([second.rows[0]?.jobName, second.nextCursor]).toEqual(['first', null]);
  });

  test.each([{ inchikey: 'BSYN' }, { smiles: 'C((' }, {}, { smiles: 'C', inchikey: KEY }])('%o is refused', async (query) => {
    await expect(findCompound(ctx, me, { ...query, limit: 10 })).rejects.toMatchObject({ code: 'invalid_query' });
  });
});
