/** A table as people really send it: every data record has exactly one outcome, in input order, with the line that it is on. */
import { isJobId, LOCAL_OWNER, type JobId, type SubmitJob } from '@omtx/contract';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openTestHub, type TestHub } from '../../test/hub.ts';
import { submitJob } from './submit-job.ts';
import { receiveUpload } from './uploads/receive-upload.ts';

let hub: TestHub;
const principal = { owner: LOCAL_OWNER };

beforeAll(async () => {
  hub = await openTestHub({ works: false, checks: false });
});

beforeEach(async () => {
  await hub.ctx.db.deleteFrom('jobs').execute();
});

afterAll(() => hub.close());

interface Expected {
  readonly line: number;
  readonly name: string | null;
  readonly outcome: string;
}

const RECORDS = 1_000;

/** 20 SMILES that cannot be read, 30 repeats in another writing, 10 salts, 10 short records, 10 without a SMILES, 30 names over two lines, blank lines. */
function dirtyTable(): { readonly text: string; readonly expected: readonly Expected[] } {
  const lines: string[] = ['\uFEFF"Compound ID";"Canonical SMILES";Comment'];
  const expected: Expected[] = [];
  for (let index = 0; index < RECORDS; index += 1) {
    if (index % 40 === 7) lines.push(index % 80 === 7 ? '' : '   ');
    const name = index % 33 === 5 ? `m${String(index)}\nsecond` : `m${String(index)}`;
    const line = lines.join('\r\n').split(/\r\n|\n/).length + 1;
    const own = `${'C'.repeat((index % 40) + 1)}${'N'.repeat(1 + Math.floor(index / 40))}`;
    const told = (outcome: string): void => {
      expected.push({ line, name, outcome });
    };
    const write = (smiles: string): number => lines.push(`"${name}";${smiles};"a ""note""; ${String(index)}"`);
    if (index % 50 === 10) {
      write('C1CC(');
      told('rejected_invalid_smiles');
    } else if (index >= 40 && index % 31 === 9) {
      // The first record of the table, written from its other end.
      write('NC');
      told('reused 0');
    } else if (index % 100 === 20) {
      write(`${own}.Cl`);
      told('pending');
    } else if (index % 100 === 30) {
      lines.push(`m${String(index)}`);
      expected.push({ line, name: null, outcome: 'rejected_malformed_row' });
    } else if (index % 100 === 45) {
      write('');
      told('rejected_empty');
    } else {
      write(own);
      told('pending');
    }
  }
  return { text: `${lines.join('\r\n')}\r\n\r\n`, expected };
}

async function outcomesOf(id: string): Promise<readonly Expected[]> {
  if (!isJobId(id)) throw new Error(`${id} is no job id`);
  const jobId: JobId = id;
  const rows = await hub.ctx.db.selectFrom('batch_rows').selectAll().where('batch_id', '=', jobId).orderBy('index').execute();
  expect(rows.map(({ index }) => index)).toEqual(rows.map((_, place) => place));
  return rows.map(({ line, name, status, code, reused_from }) => ({
    line: line ?? 0,
    name,
    outcome: code ?? (reused_from === null ? status : `reused ${String(reused_from)}`),
  }));
}

function jobWith(library: object): SubmitJob {
  return { name: 'dirty', taskType: 'protein_ligand_docking', modelId: 'echo', input: { library } };
}

test(
  '1,000 records of a dirty table, as a text and as a file in small pieces, have one outcome each, in order',
  { timeout: 120_000 },
  async () => {
    const { text, expected } = dirtyTable();
    const count = (outcome: string) => expected.filter((row) => row.outcome === outcome).length;
    expect([expected.length, count('rejected_invalid_smiles'), count('reused 0')]).toEqual([RECORDS, 20, 30]);
    const byText = await submitJob(hub.ctx, principal, jobWith({ format: 'csv', text }));
    expect(await outcomesOf(byText.id)).toEqual(expected);
    const bytes = Buffer.from(text);
    const pieces = Array.from({ length: Math.ceil(bytes.length / 777) }, (_, place) => bytes.subarray(777 * place, 777 * (place + 1)));
    const upload = await receiveUpload(hub.ctx, principal, { fileName: 'dirty.csv', totalBytes: null, stream: Readable.from(pieces) }, {});
    expect(upload.contents).toMatchObject({ records: RECORDS, smilesColumn: 'Canonical SMILES', nameColumn: 'Compound ID' });
    const byFile = await submitJob(hub.ctx, principal, jobWith({ uploadId: upload.id }));
    expect(await outcomesOf(byFile.id)).toEqual(expected);
    expect(byFile.rows).toEqual(byText.rows);
    const first = await hub.ctx.db.selectFrom('batch_rows').select('original').where('index', '=', 0).executeTakeFirstOrThrow();
    expect(first.original).toEqual({ Comment: 'a "note"; 0' });
  },
);
