/** Every page without a violation that axe can find (WCAG 2.2 A and AA), wide and narrow, light and dark. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { testHub, usePages, whyNoHub } from './support/hub.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const reason = whyNoHub();
const open = usePages();

async function violations(page: Page): Promise<readonly string[]> {
  // By the debugger's way in, which the content policy does not concern.
  await page.evaluate(AXE);
  return page.evaluate(async (rules) => {
    const { axe } = globalThis as unknown as {
      axe: { run: (options: object) => Promise<{ violations: { id: string; nodes: { target: unknown; failureSummary: string }[] }[] }> };
    };
    const found = await axe.run({ runOnly: rules });
    return found.violations.flatMap(({ id, nodes }) =>
      nodes.slice(0, 3).map(({ target, failureSummary }) => `${id} at ${String(target)}: ${failureSummary}`),
    );
  }, RULES);
}

const PAGES = [
  ['Home', () => '/'],
  ['Submit', () => '/submit'],
  ['Results', () => '/results'],
  ['a batch', () => `/results/${testHub().screenId}`],
  ['its gallery', () => `/results/${testHub().screenId}?view=gallery`],
  ['its plots', () => `/results/${testHub().screenId}?view=plots`],
  ['a row', () => `/results/${testHub().screenId}/rows/0`],
  ['Models', () => '/models'],
  ['a model', () => '/models/vina'],
  ['Analytics', () => '/analytics'],
  ['Workers', () => '/workers'],
  ['Settings', () => '/settings'],
] as const;

test.skipIf(reason !== undefined).for(PAGES)('%s has no accessibility violation', async ([, path]) => {
  const { page } = await open(path(), { theme: 'light' });
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.waitForLoadState('networkidle');
  expect(await violations(page)).toEqual([]);
  await page.evaluate(() => (document.documentElement.dataset['theme'] = 'dark'));
  await page.setViewportSize({ width: 390, height: 844 });
  expect(await violations(page)).toEqual([]);
});
