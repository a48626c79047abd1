/** One hub for all tests of the page, with a real docking screen in it, and pages of a browser on it. */
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, inject } from 'vitest';
import { openBrowser } from './browser.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Address of the hub, or why there is none. */
    hub: { readonly url: string; readonly screenId: string } | { readonly missing: string };
  }
}

export interface OpenedPage {
  readonly page: Page;
  /** What the content policy refused and what went to the console as an error, so far. */
  readonly complaints: readonly string[];
}

export interface PageOptions {
  readonly width?: number;
  readonly height?: number;
  readonly theme?: 'light' | 'dark';
  /** False: the page finds no WebGL, as in some browsers, and says so. Drawing 3D without a graphics card takes most of a test's time. */
  readonly has3d?: boolean;
}

/** Why the suite cannot run here; undefined where it can. */
export function whyNoHub(): string | undefined {
  const hub = inject('hub');
  return 'missing' in hub ? hub.missing : undefined;
}

export function testHub(): { readonly url: string; readonly screenId: string } {
  const hub = inject('hub');
  if ('missing' in hub) throw new Error(hub.missing);
  return hub;
}

/** Opens pages for the tests of a file. Every page may reach the hub alone; a complaint of the browser fails the test. */
export function usePages(): (path: string, options?: PageOptions) => Promise<OpenedPage> {
  let browser: Browser | undefined;
  const opened: { context: BrowserContext; complaints: string[]; path: string }[] = [];
  beforeAll(async () => {
    if (whyNoHub() === undefined) browser = await openBrowser();
  }, 120_000);
  afterAll(() => browser?.close());
  afterEach(async () => {
    const done = opened.splice(0);
    for (const { context } of done) await context.close();
    for (const { complaints, path } of done) expect(complaints, `complaints of the browser on ${path}`).toEqual([]);
  });
  return async (path, { width = 1440, height = 900, theme = 'light', has3d = false } = {}) => {
    if (!browser) throw new Error('no browser');
    const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme, acceptDownloads: true });
    const { url } = testHub();
    await context.route(
      (address) => address.origin !== url && !['data:', 'blob:'].includes(address.protocol),
      (route) => {
        complaints.push(`asked for ${route.request().url()}`);
        return route.abort();
      },
    );
    const complaints: string[] = [];
    opened.push({ context, complaints, path });
    if (!has3d) await context.addInitScript(hideWebgl);
    const page = await context.newPage();
    page.setDefaultTimeout(30_000);
    page.on('response', (response) => {
      if (response.status() >= 500) complaints.push(`${String(response.status())} for ${response.url()}`);
    });
    page.on('pageerror', (error) => complaints.push(`threw ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error' && !/status of 4\d\d/.test(message.text())) complaints.push(message.text());
    });
    await page.goto(`${url}${path}`);
    return { page, complaints };
  };
}

/** Runs in the page before its scripts. */
function hideWebgl(): void {
  const original = HTMLCanvasElement.prototype.getContext;
  HTMLCanvasElement.prototype.getContext = function (this: HTMLCanvasElement, kind: string, ...rest: unknown[]) {
    return kind.startsWith('webgl') ? null : Reflect.apply(original, this, [kind, ...rest]);
  } as typeof original;
}
