/** The catalogue: found by words, task, licence, GPU need and status, and told honestly. */
import { expect, test } from 'vitest';
import { usePages, whyNoHub } from './support/hub.ts';

const reason = whyNoHub();
const open = usePages();

test.skipIf(reason !== undefined)(
  'models are found by words, task, licence, GPU need and status, and the address keeps the search',
  async () => {
    const { page } = await open('/models');
    const names = () => page.getByRole('main').locator('a.font-medium').allTextContents();
    const count = async (): Promise<number> => (await names()).length;
    await expect.poll(count).toBeGreaterThan(150);
    const firstStates = await page.getByRole('main').getByText('runs here').count();
    expect((await names()).slice(0, firstStates).join()).toContain('AutoDock Vina');
    await page.getByLabel('Task', { exact: true }).selectOption('pocket_detection');
    await expect.poll(names).toHaveLength(4);
    expect((await names()).join()).toContain('fpocket');
    await page.getByLabel('Licence', { exact: true }).fill('gpl');
    await expect.poll(names).toEqual([expect.stringContaining('pyKVFinder')]);
    await page.waitForURL('**/models?task=pocket_detection&license=gpl');
    await page.getByLabel('Words of name or summary').fill('no such words');
    await page.getByRole('link', { name: 'Clear the filters' }).click();
    await expect.poll(count).toBeGreaterThan(150);
    expect(await page.getByLabel('Licence', { exact: true }).inputValue()).toBe('');
    await page.getByLabel('GPU', { exact: true }).selectOption('required');
    await page.getByLabel('Status', { exact: true }).selectOption('adapter_tested');
    await expect.poll(async () => (await names()).join()).toContain('Chai-1');
    expect((await names()).join()).not.toContain('ProteinMPNN');
  },
);

test.skipIf(reason !== undefined)(
  'a card says where its program is from and what nobody knows of its licence, and offers no submission',
  async () => {
    const { page } = await open('/models/omegafold');
    await page.getByText('https://github.com/HeliXonProtein/OmegaFold (version unknown)').waitFor();
    await page.getByText('code Apache-2.0, weights unknown; whether it may be used commercially is unclear').waitFor();
    expect(await page.getByRole('link', { name: /^Submit to/ }).count()).toBe(0);
  },
);
