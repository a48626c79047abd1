/**
 * `node scripts/page-screens.ts URL JOB`: pictures of the pages of a running hub, wide and narrow, light and dark, into docs/screens/.
 * They are looked at before they are committed.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openBrowser } from '../packages/web/test/support/browser.ts';

const [url = 'http://127.0.0.1:8000', job = ''] = process.argv.slice(2);
const FOLDER = join(import.meta.dirname, '..', 'docs', 'screens');
/** The 3D view has drawn by then, in software too. */
const SETTLED_MS = 20_000;
const SHOTS = [
  ['home', '/', 1440, 'light'],
  ['batch', `/results/${job}?row=2`, 1440, 'light'],
  ['batch-dark', `/results/${job}?row=2`, 1440, 'dark'],
  ['batch-narrow', `/results/${job}?row=2`, 390, 'light'],
  ['plots', `/results/${job}?view=plots&row=2`, 1440, 'light'],
  ['gallery', `/results/${job}?view=gallery&row=2`, 1440, 'dark'],
  ['row', `/results/${job}/rows/2`, 1440, 'light'],
  ['submit', `/submit?from=${job}`, 1440, 'light'],
  ['submit-narrow', `/submit?from=${job}`, 390, 'dark'],
  ['results-narrow', '/results', 390, 'light'],
  ['models', '/models', 1440, 'light'],
  ['analytics', '/analytics', 1440, 'light'],
  ['workers', '/workers', 1440, 'dark'],
] as const;

mkdirSync(FOLDER, { recursive: true });
const browser = await openBrowser();
for (const [name, path, width, theme] of SHOTS) {
  const context = await browser.newContext({ viewport: { width, height: width === 390 ? 844 : 900 }, colorScheme: theme });
  const page = await context.newPage();
  await page.goto(`${url}${path}`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.waitForTimeout(path.startsWith(`/results/${job}`) && job !== '' ? SETTLED_MS : 2_500);
  await page.screenshot({ path: join(FOLDER, `${name}.png`) });
  await context.close();
  console.log(name);
}
await browser.close();
