/** A new user submits: types, pastes, drops; sees what will run; runs it and watches it. */
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
