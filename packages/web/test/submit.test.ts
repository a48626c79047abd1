/** A new user submits: types, pastes, drops; sees what will run; runs it and watches it. */
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { testHub, usePages, whyNoHub } from './support/hub.ts';

const reason = whyNoHub();
const open = usePages();
const CSV =
  'Compound,Structure SMILES\nbenzoic acid,OC(=O)c1ccccc1\nbroken,C1CC(\nthe same,c1ccccc1C(O)=O\nits salt,[Na+].[O-]C(=O)c1ccccc1\n';

test.skipIf(reason !== undefined)(
  'from an empty form to a running batch: target, a dropped CSV, a true summary, and every row has its outcome',
  async () => {
    const { page } = await open('/submit?model=vina');
    await page.getByLabel('Target', { exact: true }).selectOption('PTGS2');
    await page.getByLabel('File for Ligands').setInputFiles({ name: 'acids.csv', mimeType: 'text/csv', buffer: Buffer.from(CSV) });
    await page.getByText('4 read as CSV: 1 cannot be used, 1 repeat another').waitFor();
    await page.getByText('This becomes a batch of 4 (1 duplicate, 1 rejected).').waitFor();
    const run = page.getByRole('button', { name: 'Run 2 ligands' });
    expect(await run.isDisabled()).toBe(true);
    await page.getByText('Give it a name.').waitFor();
    await page.getByLabel('Name', { exact: true }).fill('acids of the page test');
    await page.getByText('Advanced').click();
    await page.getByLabel('Exhaustiveness').fill('1');
    await run.click();
    await page.waitForURL('**/results/*');
    const funnel = page.getByRole('group', { name: 'What became of the rows' });
    await funnel.getByText('rejected').waitFor();
    await page.getByText('completed').first().waitFor({ timeout: 240_000 });
    await page.locator('h1 + span', { hasText: 'completed' }).waitFor({ timeout: 240_000 });
    expect(await funnel.innerText()).toMatch(/4\s+rows[\s\S]*1\s+rejected[\s\S]*1\s+same as another[\s\S]*2\s+completed/);
  },
  300_000,
);

test.skipIf(reason !== undefined)('a reload loses nothing that was typed, and the form can be cleared', async () => {
  const { page } = await open('/submit?model=vina');
  await page.getByLabel('Name', { exact: true }).fill('kept');
  await page.getByLabel('Ligands', { exact: true }).fill('CCO ethanol');
  await page.getByText('1 read as SMI').waitFor();
  await page.reload();
  expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('kept');
  expect(await page.getByLabel('Ligands', { exact: true }).inputValue()).toBe('CCO ethanol');
  await page.getByRole('button', { name: 'Run 1 ligand' }).waitFor();
  await page.getByRole('button', { name: 'Clear the form' }).click();
  expect(await page.getByLabel('Ligands', { exact: true }).inputValue()).toBe('');
});

test.skipIf(reason !== undefined)(
  'a pasted structure shows its chains and ligands, and the box can be placed around a ligand or by hand',
  async () => {
    const line = (kind: string, atom: string, residue: string, number: number, x: number) =>
      `${kind.padEnd(6)}    1 ${atom.padEnd(4)} ${residue} A${String(number).padStart(4)}    ${x.toFixed(3).padStart(8)}   0.000   0.000  1.00  0.00           C`;
    const pdb = [
      ...[1, 2, 3].map((number) => line('ATOM', ' CA', 'GLY', number, 4 * number)),
      ...[0, 1, 2, 3, 4, 5, 6].map((place) => line('HETATM', ` C${String(place)}`, 'CEL', 701, place)),
    ].join('\n');
    const { page } = await open('/submit?model=vina');
    await page.getByRole('radio', { name: 'PDB', exact: true }).click();
    await page.getByLabel('Structure (PDB)', { exact: true }).fill(pdb);
    await page.getByText('3 residues').waitFor();
    await page.getByText('Place the box.').waitFor();
    await page.getByLabel('Ligand that the box is around').selectOption('CEL');
    await expect.poll(() => page.getByText('Place the box.').count()).toBe(0);
    await page.getByRole('radio', { name: 'By hand' }).click();
    expect(await page.getByLabel('Centre, Å x').inputValue()).toBe('3');
  },
);

test.skipIf(reason !== undefined)('what the hub refuses is shown with the field and what was typed stays', async () => {
  const { page } = await open('/submit?model=vina');
  await page.getByLabel('Target', { exact: true }).selectOption('PTGS2');
  await page.getByLabel('Ligands', { exact: true }).fill('CCO\nCC');
  await page.getByLabel('Name', { exact: true }).fill('refused');
  await page.getByText('Advanced').click();
  await page.getByLabel('Exhaustiveness').fill('999');
  await page.getByRole('button', { name: 'Run 2 ligands' }).click();
  await page.getByRole('alert').waitFor();
  await page.getByText('/parameters/exhaustiveness', { exact: true }).waitFor();
  expect(await page.getByLabel('Ligands', { exact: true }).inputValue()).toBe('CCO\nCC');
});

test.skipIf(reason !== undefined)('a job can be cloned into the form with its target, parameters and ligands', async () => {
  const { page } = await open(`/submit?from=${testHub().screenId}`);
  await expect.poll(() => page.getByLabel('Name', { exact: true }).inputValue()).toBe('COX-2 test screen (copy)');
  expect(await page.getByLabel('Target', { exact: true }).inputValue()).toBe('PTGS2');
  expect(await page.getByLabel('Ligands', { exact: true }).inputValue()).toContain('celecoxib');
  await page.getByText(/exhaustiveness 1, poses 4/).waitFor();
});

const FASTA = `>ubiquitin
MQIFVKTLTGKTITLEVEPSDTIENVKAKIQDKEGIPPDQQRLIFAGKQLEDGRTLSDYNIQKESTLHLVLRLRGG
>too short
MKT
>gap
MQIFVKTLTGKTITLE-EPSDTIENV
>maybe a gene
ACGTACGTACGTACGTACGTACGTACGT
`;

test.skipIf(reason !== undefined)(
  'sequences are read from FASTA with composition and length, and what the model cannot take says why',
  async () => {
    const { page } = await open('/submit?model=esmfold');
    await page.getByLabel('File for Sequences').setInputFiles({ name: 'four.fasta', mimeType: 'text/plain', buffer: Buffer.from(FASTA) });
    await page.getByText('4 sequences read: 2 cannot be used').waitFor();
    const read = page.getByRole('region', { name: 'Sequences that were read' });
    await read.getByText('it has 3 residues; the model takes at least 10').waitFor();
    await read.getByText('it holds "-"').waitFor();
    await read.getByText('this looks like DNA or RNA').waitFor();
    await read.getByText('L 12 %, I 9 %, K 9 %').waitFor();
    await read.getByText('76', { exact: true }).waitFor();
    await page.getByText('This becomes a batch of 4 (0 duplicates, 2 rejected).').waitFor();
    expect(await page.getByRole('heading', { name: 'Ligands' }).count()).toBe(0);
    expect(await page.getByRole('heading', { name: 'Target' }).count()).toBe(0);
  },
);

/** Every 100th cannot be read, every 1,000th repeats the one before. */
function largeLibrary(rows: number): string {
  const chain = (index: number) => [...index.toString(4)].map((digit) => ['C', 'N(C)', 'O', 'C(F)'][Number(digit)] ?? '').join('C');
  const lines = Array.from({ length: rows }, (_, index) => {
    const smiles = index % 100 === 7 ? 'C1CC(' : `C${chain(index % 1_000 === 999 ? index - 1 : index)}C`;
    return `${smiles} ligand-${String(index)}`;
  });
  return lines.join('\n');
}

test.skipIf(reason !== undefined)(
  'a large file is sent, counted, checked by a sample and quoted, and outlives a reload',
  async () => {
    const { page } = await open('/submit?model=vina');
    await page.getByLabel('Target', { exact: true }).selectOption('PTGS2');
    const packed = { name: 'large.smi.gz', mimeType: 'application/gzip', buffer: gzipSync(largeLibrary(6_000)) };
    await page.getByLabel('File for Ligands').setInputFiles(packed);
    await page.getByText(/6,000 records; kept on this hub/).waitFor();
    await page.getByText('This becomes a batch of 6,000 (about 6 duplicates, about 60 rejected).').waitFor();
    await page.getByText(/of CPU/).waitFor();
    await page.getByRole('radio', { name: 'Cannot be used' }).click();
    await page.getByRole('region', { name: 'Ligands that were read' }).getByText('RDKit cannot read it').first().waitFor();

    await page.reload();
    await page.getByText(/6,000 records; kept on this hub/).waitFor();
    await page.getByText('This becomes a batch of 6,000.').waitFor();
    await page.getByText('6,000 read by the hub', { exact: false }).waitFor();
    await page.getByRole('button', { name: 'Run about 6,000 ligands' }).waitFor();
    await page.getByRole('button', { name: 'Take it away' }).click();
    await page.getByLabel('Ligands', { exact: true }).waitFor();
  },
  120_000,
);

test.skipIf(reason !== undefined)('a packed file is submitted by its id, and the hub’s own count of its rows is told before', async () => {
  const { page } = await open('/submit?model=vina');
  await page.getByLabel('Target', { exact: true }).selectOption('PTGS2');
  await page.getByLabel('Name', { exact: true }).fill('a packed file of the page test');
  const packed = { name: 'acids.csv.gz', mimeType: 'application/gzip', buffer: gzipSync(CSV) };
  await page.getByLabel('File for Ligands').setInputFiles(packed);
  await page.getByText('This becomes a batch of 4 (1 duplicate, 1 rejected).').waitFor();
  await page.getByText(/on 2 slots|on 1 slot/).waitFor();
  await page.getByText('Why 1 would be rejected').click();
  await page.getByText(/Line 3, broken: /).waitFor();
  await page.getByRole('button', { name: 'Run 2 ligands' }).click();
  await page.waitForURL('**/results/*');
  // The repeat is told when the row that it repeats is done; the rejected one at once.
  await page.getByRole('group', { name: 'What became of the rows' }).getByText('rejected').waitFor();
});

test.skipIf(reason !== undefined)('the same ligands in several targets are a job for each', async () => {
  const { page } = await open('/submit?model=vina');
  await page.getByLabel('Target', { exact: true }).selectOption('PTGS2');
  await page.getByLabel('Another target for the same ligands').selectOption('F10');
  await page.getByLabel('Ligands', { exact: true }).fill('CCO');
  await page.getByLabel('Name', { exact: true }).fill('two targets');
  await page.getByText('2 jobs, one for each target.').waitFor();
  await page.getByRole('button', { name: 'Run 1 ligand in 2 targets' }).click();
  await page.waitForURL('**/results');
  await page.getByRole('link', { name: 'two targets, PTGS2' }).waitFor();
  await page.getByRole('link', { name: 'two targets, F10' }).waitFor();
});
