/** The heart: a screen as its owner reads it, by mouse and by keyboard. */
import { readFile } from 'node:fs/promises';
import { OmtxClient } from '@omtx/client';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { EXPECTED, SCREEN } from './support/screen.ts';
import { testHub, usePages, whyNoHub } from './support/hub.ts';

const reason = whyNoHub();
const open = usePages();
const batch = (search = '') => `/results/${testHub().screenId}${search}`;

test.skipIf(reason !== undefined)('the funnel adds up to the rows of the input', async () => {
  const { page } = await open(batch());
  const funnel = page.getByRole('group', { name: 'What became of the rows' });
  await funnel.getByText('rejected').waitFor();
  const counts = [...(await funnel.innerText()).matchAll(/(\d+)\s+(rows|rejected|same as another|completed|failed)/g)].map(
    ([, count, what]) => [what, Number(count)],
  );
  expect(Object.fromEntries(counts)).toEqual({
    rows: EXPECTED.total,
    rejected: EXPECTED.rejected,
    'same as another': EXPECTED.reused,
    completed: EXPECTED.completed,
  });
  expect(EXPECTED.rejected + EXPECTED.reused + EXPECTED.completed).toBe(EXPECTED.total);
});

test.skipIf(reason !== undefined)(
  'the table ranks by the docking score, the best first, with a picture and the registry’s unit',
  async () => {
    const { page } = await open(batch());
    const rows = page.getByRole('grid').getByRole('row');
    await page.getByRole('img', { name: 'Structure of celecoxib' }).first().waitFor();
    expect(await page.getByRole('columnheader', { name: /Docking score/ }).innerText()).toContain('kcal/mol');
    const first = await rows.nth(1).innerText();
    expect(first).toMatch(/^1\n/);
    const scores = (await rows.allInnerTexts())
      .slice(1)
      .flatMap((text) => [...text.matchAll(/\u2212\d+\.\d(?=\n)/g)].slice(0, 1).map(([score]) => Number(score.replace('\u2212', '-'))));
    expect(scores.length).toBeGreaterThan(8);
    expect(scores).toEqual([...scores].sort((a, b) => a - b));
  },
);

test.skipIf(reason !== undefined)(
  'arrow keys move, the pane follows, space pins, x selects, and the address holds row and pins',
  async () => {
    const { page } = await open(batch());
    const grid = page.getByRole('grid');
    await grid.getByRole('row').nth(3).waitFor();
    await grid.focus();
    await page.keyboard.press('ArrowDown');
    // The row may be chosen a moment before its values are there.
    const chosenName = async (): Promise<string> =>
      (await grid.locator('[aria-selected="true"]').innerText()).split('\n').find((line) => /^[a-z]/.test(line)) ?? '';
    await expect.poll(chosenName).not.toBe('');
    const ligand = await chosenName();
    await page.getByRole('complementary', { name: 'The chosen row' }).getByRole('heading', { name: ligand }).waitFor();
    expect(new URL(page.url()).searchParams.get('row')).toMatch(/^\d+$/);
    await page.keyboard.press('Space');
    await expect.poll(() => new URL(page.url()).searchParams.get('pins')).toMatch(/^"?\d+"?$/);
    await page.keyboard.press('x');
    await page.getByText('1 selected').waitFor();
    await page.keyboard.press('End');
    await expect.poll(() => grid.locator('[aria-selected="true"]').getAttribute('aria-rowindex')).toBe(String(EXPECTED.total + 1));
  },
);

test.skipIf(reason !== undefined)(
  'the 3D view draws the target and the pose',
  async () => {
    const { page } = await open(batch(), { has3d: true });
    const view = page.locator('[data-state="open"] canvas');
    await view.waitFor({ timeout: 50_000 });
    await expect
      .poll(
        () =>
          view.evaluate((canvas: HTMLCanvasElement) => {
            const copy = document.createElement('canvas');
            copy.width = 60;
            copy.height = 40;
            const context = copy.getContext('2d');
            context?.drawImage(canvas, 0, 0, 60, 40);
            const pixels = context?.getImageData(0, 0, 60, 40).data ?? [];
            const colours = new Set<string>();
            for (let at = 0; at < pixels.length; at += 4)
              colours.add([pixels[at], pixels[at + 1], pixels[at + 2]].map((each) => (each ?? 0) >> 5).join());
            return colours.size;
          }),
        { timeout: 50_000 },
      )
      .toBeGreaterThan(8);
  },
  120_000,
);

test.skipIf(reason !== undefined)('a browser without WebGL says so in the place of the 3D view and shows the rest', async () => {
  const { page } = await open(batch());
  await page.getByText('This browser shows no 3D').waitFor();
  await page.getByRole('complementary', { name: 'The chosen row' }).getByText('Docking score').waitFor();
});

test.skipIf(reason !== undefined)('a click on a header sorts, with shift by a second key too; a range and a name filter', async () => {
  const { page } = await open(batch());
  const header = page.getByRole('columnheader', { name: /Heavy atoms/ });
  await header.getByRole('button').click();
  await expect.poll(() => header.getAttribute('aria-sort')).toBe('ascending');
  await page
    .getByRole('columnheader', { name: /Ligand$/ })
    .getByRole('button')
    .click({ modifiers: ['Shift'] });
  await expect.poll(() => new URL(page.url()).searchParams.get('sort')).toBe('heavy_atom_count,name');

  await page.getByRole('button', { name: 'Add filter' }).click();
  await page.getByLabel('Metric').selectOption('heavy_atom_count');
  await page.getByLabel('from').fill('25');
  await page.keyboard.press('Enter');
  await page.getByText('1 row', { exact: true }).waitFor();
  await page.getByRole('button', { name: /Remove the filter Heavy atoms/ }).click();

  await page.getByRole('button', { name: 'Name' }).click();
  await page.getByLabel('Part of the name').fill('coxib');
  await page.keyboard.press('Enter');
  await page.getByText('3 rows', { exact: true }).waitFor();
});

test.skipIf(reason !== undefined)('a click on a part of the funnel shows those rows, each with its reason', async () => {
  const { page } = await open(batch());
  await page
    .getByRole('group', { name: 'What became of the rows' })
    .getByRole('button', { name: /rejected/ })
    .click();
  await page.getByText('1 row', { exact: true }).waitFor();
  await page.getByRole('grid').getByText('not a molecule').click();
  await page.getByRole('complementary', { name: 'The chosen row' }).getByText('The SMILES cannot be read').waitFor();
});

test.skipIf(reason !== undefined)('reasons of failed and refused rows are grouped with what to do, and show their rows', async () => {
  const { page } = await open(batch());
  await page.getByText('Why: The SMILES cannot be read (1)').click();
  await page.getByText('Correct the SMILES.').waitFor();
  await page.getByRole('button', { name: 'Show them' }).click();
  await page.getByText('1 row', { exact: true }).waitFor();
  expect(new URL(page.url()).searchParams.get('code')).toBe('rejected_invalid_smiles');
});

test.skipIf(reason !== undefined)('a lasso in the plot selects the rows that the table shows as selected', async () => {
  const { page } = await open(batch('?view=plots'));
  const plot = page.getByRole('img', { name: /against Heavy atoms/ });
  const box = await plot.boundingBox();
  if (!box) throw new Error('the plot has no place');
  const corners = [
    [0.02, 0.02],
    [0.98, 0.02],
    [0.98, 0.98],
    [0.02, 0.98],
    [0.02, 0.02],
  ] as const;
  await page.mouse.move(box.x + box.width * corners[0][0], box.y + box.height * corners[0][1]);
  await page.mouse.down();
  for (const [x, y] of corners) await page.mouse.move(box.x + box.width * x, box.y + box.height * y, { steps: 4 });
  await page.mouse.up();
  const words = await page.getByText(/^\d+ rows selected/).innerText();
  const selected = Number.parseInt(words, 10);
  expect(selected).toBeGreaterThanOrEqual(EXPECTED.completed);
  await page.getByRole('radio', { name: 'Table' }).click();
  await page.getByText(`${String(selected)} selected`).waitFor();
  await expect.poll(() => page.getByRole('grid').getByRole('checkbox', { checked: true }).count()).toBe(selected);
});

/** Downloads through the menu and reads what came. */
async function exported(page: Page, format: string, scope?: RegExp): Promise<Buffer> {
  await page.getByRole('button', { name: 'Export' }).click();
  if (scope) await page.getByRole('menuitemradio', { name: scope }).click();
  const download = page.waitForEvent('download');
  await page.getByRole('menuitem', { name: new RegExp(`^${format}`) }).click();
  const bytes = await readFile(await (await download).path());
  await page.keyboard.press('Escape');
  return bytes;
}

const linesOf = (bytes: Buffer) => bytes.toString('utf8').trim().split('\n');

test.skipIf(reason !== undefined)('the export has every row of the input, in each format', async () => {
  const { page } = await open(batch());
  const csv = linesOf(await exported(page, 'CSV'));
  expect(csv).toHaveLength(EXPECTED.total + 1);
  expect(csv.join()).toContain('celecoxib');
  const tsv = linesOf(await exported(page, 'TSV'));
  expect([tsv.length, (tsv[0] ?? '').split('\t').length]).toEqual([EXPECTED.total + 1, (csv[0] ?? '').split(',').length]);
  const beginnings = [
    ['Excel', 'PK'],
    ['Parquet', 'PAR1'],
    ['ZIP', 'PK'],
  ] as const;
  for (const [format, start] of beginnings) expect((await exported(page, format)).subarray(0, start.length).toString('latin1')).toBe(start);
});

test.skipIf(reason !== undefined)(
  'the export of the view has its rows in its order, and that of the selection the marked ones',
  async () => {
    const { page } = await open(batch('?text=coxib&sort=-name'));
    await page.getByText('3 rows', { exact: true }).waitFor();
    const view = linesOf(await exported(page, 'CSV', /rows of this view/));
    const names = view.slice(1).map((line) => /(?:celecoxib|rofecoxib|valdecoxib)/.exec(line)?.[0]);
    expect(names).toEqual(['valdecoxib', 'rofecoxib', 'celecoxib']);
    await page.getByRole('checkbox', { name: 'Select rofecoxib' }).check();
    const selected = linesOf(await exported(page, 'CSV', /The 1 selected/));
    expect(selected).toHaveLength(2);
    expect(selected[1]).toContain('rofecoxib');
  },
);

test.skipIf(reason !== undefined)('a column of one’s own is worked out, sorts the rows, and is in the address', async () => {
  const { page } = await open(batch());
  await page.getByRole('button', { name: 'Columns' }).click();
  await page.getByLabel('Column name').fill('per atom');
  await page.getByLabel('Formula').fill('docking_score / nothing');
  await page.getByText('There is no metric "nothing".').waitFor();
  await page.getByLabel('Formula').fill('docking_score / heavy_atom_count');
  await page.getByRole('button', { name: 'Add the column' }).click();
  await page.keyboard.press('Escape');
  const header = page.getByRole('columnheader', { name: /per atom/ });
  await header.getByRole('button').click();
  await expect.poll(() => header.getAttribute('aria-sort')).toBe('ascending');
  const values = async (): Promise<readonly number[]> => {
    const place = await header.evaluate((each) => [...(each.parentElement?.children ?? [])].indexOf(each));
    const cells = await page
      .getByRole('grid')
      .getByRole('row')
      .evaluateAll((rows, at) => rows.slice(1).map((row) => row.querySelectorAll('[role=gridcell]')[at + 1]?.textContent ?? ''), place);
    return cells.filter((text) => /\d/.test(text)).map((text) => Number(text.replace('\u2212', '-')));
  };
  await expect.poll(async () => (await values()).length).toBeGreaterThan(8);
  const shown = await values();
  expect(shown).toEqual([...shown].sort((a, b) => a - b));
  expect(shown[0]).toBeLessThan(-0.2);
  expect(new URL(page.url()).searchParams.get('formulas')).toBe('per atom=docking_score / heavy_atom_count');
});

test.skipIf(reason !== undefined)(
  'the series view groups rows by scaffold with count and best, and takes a series apart on its core',
  async () => {
    const { page } = await open(batch('?view=series'));
    await page.getByRole('button', { name: 'R-groups of c1ccccc1', exact: true }).waitFor();
    await page.getByText(/^\d+ scaffolds$/).waitFor();
    const benzene = page.getByRole('listitem').filter({ has: page.getByRole('button', { name: 'R-groups of c1ccccc1', exact: true }) });
    // Ibuprofen, aspirin, paracetamol and acetylsalicylic acid.
    await benzene.getByText('4 rows').waitFor();
    expect(await benzene.innerText()).toMatch(/best\s+\u2212\d+\.\d\s+kcal\/mol/);
    await benzene.getByRole('button', { name: /R-groups/ }).click();
    const table = page.getByRole('table', { name: 'R-groups' });
    await table.getByRole('button', { name: 'ibuprofen' }).click();
    await page.getByRole('complementary', { name: 'The chosen row' }).getByRole('heading', { name: 'ibuprofen' }).waitFor();
    expect(new URL(page.url()).searchParams.get('core')).toBe('c1ccccc1');
    await table.getByRole('columnheader', { name: 'R1', exact: true }).waitFor();
    await page.getByRole('button', { name: 'All series' }).click();
    await page.getByText(/^\d+ scaffolds$/).waitFor();
  },
);

test.skipIf(reason !== undefined)(
  'rows that failed are grouped by reason, and a group runs again',
  async () => {
    const client = new OmtxClient({ baseUrl: testHub().url });
    const { id } = await client.submitJob({
      ...SCREEN,
      name: 'too slow for its limit',
      input: {
        ...SCREEN.input,
        library: {
          format: 'smi',
          text: 'Cc1ccc(cc1)-c1cc(nn1-c1ccc(cc1)S(N)(=O)=O)C(F)(F)F celecoxib\nCC(C)Cc1ccc(cc1)C(C)C(=O)O ibuprofen',
        },
      },
      parameters: { exhaustiveness: 64 },
      timeoutSeconds: 1,
    });
    for await (const event of client.watchJob(id, AbortSignal.timeout(200_000))) if (event.kind === 'finished') break;
    const { page } = await open(`/results/${id}`);
    await page.getByText(/^Why: .*\(2\)/).click();
    await page.getByRole('button', { name: 'Run again' }).click();
    await page.getByText('2 rows will run again; earlier attempts are kept').waitFor();
    await client.cancelJob(id);
  },
  240_000,
);

test.skipIf(reason !== undefined)(
  'a row on a page of its own has its metrics with meaning, its poses, its files with checksums, and the command',
  async () => {
    const { page } = await open(batch('/rows/0'));
    await page.getByRole('heading', { name: 'celecoxib' }).waitFor();
    await page.getByText('Ranks ligands of one target and box', { exact: false }).first().waitFor();
    await page.getByRole('tab', { name: 'Poses' }).click();
    expect(await page.getByRole('checkbox', { name: /Show pose/ }).count()).toBeGreaterThan(0);
    await page.getByRole('tab', { name: 'Files' }).click();
    await page.getByRole('link', { name: 'best-pose.sdf' }).waitFor();
    await page.getByRole('tab', { name: 'Provenance' }).click();
    await page.getByRole('heading', { name: 'Reproduce' }).waitFor();
  },
);

test.skipIf(reason !== undefined)(
  'on a narrow screen the batch has its funnel, its rows and its 3D view, and nothing is wider than the screen',
  async () => {
    const { page } = await open(batch(), { width: 390, height: 844 });
    await page.getByText('celecoxib').first().waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  },
);

test.skipIf(reason !== undefined)('an id that no job has says so and how to go on', async () => {
  const { page } = await open('/results/01a20000-0000-7000-8000-000000000000');
  await page.getByRole('alert').getByText('No such job').waitFor();
  await page.getByRole('button', { name: 'Try again' }).waitFor();
});
