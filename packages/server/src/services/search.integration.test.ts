/** One search for all lists: words wherever they stand, beginnings, slips, ids, structures; ranked, filtered, and of the owner alone. */
import { LOCAL_OWNER, ownerId, type JobId } from '@omtx/contract';
import { sql } from 'kysely';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { Batches, plain } from '../../test/batches.ts';
import { testContext } from '../../test/context.ts';
import { openChemistry } from '../chemistry/rdkit-chemistry.ts';
import { deleteJobWithRows } from '../storage/delete-job.ts';
import { changeJob } from './change-job.ts';
import type { HubContext } from './context.ts';
import { indexNext } from './index-ligands.ts';
import { readJobs, type JobsQuery } from './list-jobs.ts';
import { readJob } from './read-jobs.ts';
import { readEntries } from './read-entries.ts';

const batches = Batches.use();
const chemistry = openChemistry({ threads: 1 });
const me = { owner: LOCAL_OWNER };
const other = { owner: ownerId('other') };
const ASPIRIN = 'CC(=O)Oc1ccccc1C(=O)O';
const CAFFEINE = 'Cn1c(=O)c2c(ncn2C)n(C)c1=O';
let ctx: HubContext;

beforeEach(async () => {
  await sql`insert into owners (id) values ('other') on conflict do nothing`.execute(batches.db);
  ctx = testContext(batches.db, { chemistry });
});
afterAll(() => chemistry.close());

async function index(): Promise<void> {
  for (let isBusy = true; isBusy;) isBusy = await indexNext(ctx, '00000000-0000-4000-8000-000000000001');
}

function ligand(name: string, smiles: string) {
  return { ...plain, name, input: { ligand: { name, smiles } }, canonicalSmiles: smiles };
}

async function found(search: string, more: Partial<JobsQuery> = {}, who = me): Promise<string[]> {
  return (await readJobs(ctx, who, { limit: 20, search, ...more })).jobs.map(({ name }) => name);
}

/** A batch against COX-2 with aspirin and caffeine, a thrombin job of one ligand, a job whose notes speak of thrombin, a foreign one. */
async function fill(): Promise<Readonly<Record<'cox' | 'thrombin' | 'noted', JobId>>> {
  const cox = await batches.submit([ligand('Aspirin', ASPIRIN), ligand('Caffeine', CAFFEINE)], {
    name: 'COX-2 screen 12',
    tags: ['pilot'],
    shared: { proteinName: 'Prostaglandin synthase' },
  });
  const thrombin = await batches.submit([ligand('argatroban', 'CC1CCN(C(=O)CN)CC1')], { name: 'thrombin dock', jobType: 'individual' });
  const noted = await batches.submit([plain], { name: 'kinase panel', jobType: 'individual', taskType: 'other_task', modelId: 'slow' });
  await changeJob(ctx, me, noted, { notes: 'as in the thrombin study', project: 'Hepatitis' });
  await batches.submit([ligand('Aspirin', ASPIRIN)], { name: 'thrombin of another', jobType: 'individual' }, other.owner);
  await index();
  return { cox, thrombin, noted };
}

describe('words', () => {
  test.each([
    ['the name, in any case', 'THROMBIN dock', ['thrombin dock']],
    ['the beginning of words, in any order', 'scr cox', ['COX-2 screen 12']],
    ['a word with its mark', 'cox-2', ['COX-2 screen 12']],
    ['a word without its mark', 'cox2', ['COX-2 screen 12']],
    ['a tag', 'pilot', ['COX-2 screen 12']],
    ['a name in the shared input', 'prostaglandin', ['COX-2 screen 12']],
    ['the name of a ligand', 'caffeine', ['COX-2 screen 12']],
    ['the ligand of an individual job', 'argatroban', ['thrombin dock']],
    ['a word of the job and one of a ligand', 'cox caffeine', ['COX-2 screen 12']],
    ['the task', 'other task', ['kinase panel']],
    ['the project', 'hepatitis', ['kinase panel']],
    ['the inside of a word', 'taglan', ['COX-2 screen 12']],
    ['nothing but marks', '%_', []],
    ['words of different jobs', 'kinase screen', []],
    ['a quote and what PostgreSQL would take for its own', `'; drop | & ! :* \\`, []],
  ])('%s', async (_what, search, expected) => {
    await fill();
    expect(await found(search)).toEqual(expected);
  });

  test('a word in the name ranks before one in the notes, whatever is newer', async () => {
    await fill();
    expect(await found('thrombin')).toEqual(['thrombin dock', 'kinase panel']);
    expect(await found('thrombin', { sort: '-created' })).toEqual(['kinase panel', 'thrombin dock']);
    expect(await found('thrombin', { limit: 1, page: 2 })).toEqual(['kinase panel']);
  });

  test.each([
    ['thrombni', 'thrombin'],
    ['kniase', 'kinase'],
    ['asprin', 'aspirin'],
    ['prostaglandine', 'prostaglandin'],
  ])('%s is taken for %s, and the answer says so', async (slip, meant) => {
    await fill();
    const { jobs, corrections } = await readJobs(ctx, me, { limit: 20, search: slip });
    expect(jobs.length).toBeGreaterThan(0);
    expect(corrections).toEqual([{ word: slip, as: [meant] }]);
  });

  test('a word that is spelt right is never corrected, and another number is never found', async () => {
    await fill();
    expect((await readJobs(ctx, me, { limit: 20, search: 'kinase' })).corrections).toEqual([]);
    expect(await found('screen 13')).toEqual([]);
  });
});

test('what an owner wrote is found at once, and what it was before no more', async () => {
  const { cox, noted } = await fill();
  await changeJob(ctx, me, noted, { name: 'lipase panel', tags: ['urgent'], notes: '' });
  expect(await found('lipase urgent')).toEqual(['lipase panel']);
  expect(await found('study')).toEqual([]);
  await changeJob(ctx, me, cox, { name: 'cyclooxygenase' });
  expect(await found('cyclooxygenase')).toEqual(['cyclooxygenase']);
  await index();
  expect(await found('cyclooxygenase aspirin')).toEqual(['cyclooxygenase']);
  expect(await found('screen aspirin')).toEqual([]);
});

test('indexing is a phase that shows, and ends with what is found', async () => {
  const id = await batches.submit([ligand('Aspirin', ASPIRIN), ligand('Caffeine', CAFFEINE)]);
  expect(await readJob(ctx, me, id)).toMatchObject({ indexed: 0 });
  expect(await found('aspirin')).toEqual([]);
  await index();
  expect(await readJob(ctx, me, id)).toMatchObject({ indexed: 2 });
  expect(await found('aspirin')).toEqual(['a job']);
});

describe('structures and ids', () => {
  test.each([
    ['a canonical SMILES', ASPIRIN],
    ['another SMILES of the same molecule', 'OC(=O)C1=CC=CC=C1OC(C)=O'],
    ['its salt', '[Na+].CC(=O)Oc1ccccc1C(=O)[O-]'.replace('[O-]', 'O').replace('[Na+]', 'Cl')],
    ['its InChIKey', 'BSYNRYMUTXBXSQ-UHFFFAOYSA-N'],
    ['the skeleton of its InChIKey', 'BSYNRYMUTXBXSQ'],
  ])('%s', async (_what, search) => {
    await fill();
    expect(await found(search)).toEqual(['COX-2 screen 12']);
  });

  test('a SMILES that no job has finds nothing, and no words of it', async () => {
    await fill();
    expect(await found('CCOC(=O)C1CCN(C)CC1')).toEqual([]);
  });

  test('the beginning of an id, and the id of a child', async () => {
    const { cox } = await fill();
    expect(await found(cox.slice(0, 34))).toContain('COX-2 screen 12');
    expect(await found(`${cox}-0001`)).toEqual(['COX-2 screen 12']);
  });
});

test('filters go together with a search, and the total is that of both', async () => {
  await fill();
  expect(await found('thrombin', { modelId: 'slow' })).toEqual(['kinase panel']);
  const { total } = await readJobs(ctx, me, { limit: 1, search: 'thrombin', jobType: 'individual' });
  expect(total).toBe(2);
});

test('another owner finds only what is theirs, by words, structures and slips', async () => {
  await fill();
  expect(await found('thrombin', {}, other)).toEqual(['thrombin of another']);
  expect(await found(ASPIRIN, {}, other)).toEqual(['thrombin of another']);
  expect(await found('kniase', {}, other)).toEqual([]);
});

test('old lists find by the same words: children by their ligands, whole jobs by either', async () => {
  const { cox } = await fill();
  const names = async (search: string, jobTypes?: ('individual' | 'batch_parent' | 'batch_child')[]) =>
    (await readEntries(ctx, me, { search, jobTypes }, 1, 20)).entries.map((entry) =>
      entry.kind === 'batch_child' ? entry.row.name : entry.job.name,
    );
  expect(await names('caffiene')).toEqual(['Caffeine']);
  expect(await names('cox caffeine')).toEqual(['Caffeine']);
  expect(await names(ASPIRIN)).toEqual(['Aspirin']);
  expect(await names('screen')).toEqual(['Caffeine', 'Aspirin', 'COX-2 screen 12']);
  expect(await names('caffeine', ['individual', 'batch_parent'])).toEqual(['COX-2 screen 12']);
  expect(await names('argatroban')).toEqual(['thrombin dock']);
  expect((await readEntries(ctx, me, { search: cox }, 1, 20)).total).toBe(3);
});

test('a deleted job leaves no word, ligand or document; words that another job has stay', async () => {
  const { cox, thrombin } = await fill();
  await deleteJobWithRows(batches.db, LOCAL_OWNER, cox);
  await deleteJobWithRows(batches.db, LOCAL_OWNER, thrombin);
  const { rows } = await sql<{ word: string }>`select word from search_words where owner = 'local' order by word`.execute(batches.db);
  expect(rows.map(({ word }) => word)).toEqual(expect.arrayContaining(['kinase', 'study', 'thrombin']));
  expect(rows.map(({ word }) => word)).not.toContain('aspirin');
  const { rows: left } = await sql`
    select job_id from search_documents where job_id in (${cox}, ${thrombin}) union all select job_id from ligands where job_id in (${cox}, ${thrombin})`.execute(
    batches.db,
  );
  expect(left).toEqual([]);
});
