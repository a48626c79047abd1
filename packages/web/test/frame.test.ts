/** The frame: what stands around every page, its policy, its habits. */
import { expect, test } from 'vitest';
import { testHub, usePages, whyNoHub } from './support/hub.ts';

const reason = whyNoHub();
const open = usePages();

test.skipIf(reason !== undefined)('the hub serves the page from its own port with the strict content policy', async () => {
  const response = await fetch(`${testHub().url}/`, { headers: { accept: 'text/html' } });
  expect(response.status).toBe(200);
  const policy = response.headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval'");
  expect(policy).toContain("style-src 'self'");
  expect(policy).not.toContain("'unsafe-eval'");
  expect(policy).not.toContain("'unsafe-inline'");
});

test.skipIf(reason !== undefined)(
  'an address of the page opens by itself, and a wrong one of the API stays an error of the API',
  async () => {
    const { url } = testHub();
    const page = await fetch(`${url}/results?status=running`, { headers: { accept: 'text/html' } });
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    const api = await fetch(`${url}/api/v4/nothing`, { headers: { accept: 'text/html' } });
    expect([api.status, api.headers.get('content-type')]).toEqual([404, 'application/problem+json; charset=utf-8']);
  },
);

test.skipIf(reason !== undefined)('a policy report or a request to elsewhere fails a test', async () => {
  const { page, complaints } = await open('/');
  await page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'globalThis.injected = true';
    document.head.append(script);
  });
  await expect.poll(() => complaints.length).toBeGreaterThan(0);
  expect(await page.evaluate(() => 'injected' in globalThis)).toBe(false);
  (complaints as string[]).length = 0;
});

test.skipIf(reason !== undefined)('Home shows the recent job and the models, and every page of the rail opens', async () => {
  const { page } = await open('/');
  await page.getByRole('link', { name: 'COX-2 test screen' }).first().waitFor();
  await page.getByText('AutoDock Vina').first().waitFor();
  for (const name of ['Submit', 'Results', 'Models', 'Analytics', 'Workers', 'Settings', 'Home']) {
    await page.getByRole('navigation', { name: 'Pages' }).first().getByRole('link', { name, exact: true }).click();
    await page.getByRole('heading', { level: 1 }).waitFor();
  }
});

test.skipIf(reason !== undefined)('the palette opens by Ctrl K, finds a job by part of its name and goes there', async () => {
  const { page } = await open('/');
  await page.getByRole('heading', { name: 'Home' }).waitFor();
  await page.keyboard.press('Control+k');
  // What is typed chooses among what is listed; the jobs are listed when they have come.
  await page.getByRole('option', { name: /COX-2 test screen/ }).waitFor();
  await page.getByPlaceholder('Go to a page or a job').fill('cox-2 test');
  await page.getByRole('option', { name: /COX-2 test screen/, selected: true }).waitFor();
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/results/${testHub().screenId}**`);
});

test.skipIf(reason !== undefined)('the theme that was chosen is there before the first paint of the next visit', async () => {
  const { page } = await open('/settings');
  await page.getByRole('radio', { name: 'Dark' }).click();
  await page.reload();
  expect(await page.evaluate(() => document.documentElement.dataset['theme'])).toBe('dark');
  expect(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)).toBe('dark');
});
