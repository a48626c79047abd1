/** The browser of the tests: an installed Chrome or Chromium, else the one of the npm package `@sparticuz/chromium` (Linux x64). */
import { existsSync } from 'node:fs';
import sparticuz from '@sparticuz/chromium';
import { chromium, type Browser } from 'playwright-core';

const INSTALLED = [
  '/usr/bin/google-chrome',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];
/** With the first a second context crashes; the second would hide what the content policy and the same-origin rule refuse. */
const DROPPED = ['--single-process', '--disable-web-security', '--no-zygote'];
const WEBGL_IN_SOFTWARE = ['--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist'];

/** @returns why there is no browser on this machine, or undefined where there is one */
export function whyNoBrowser(): string | undefined {
  if (INSTALLED.some((path) => existsSync(path)) || (process.platform === 'linux' && process.arch === 'x64')) return undefined;
  return 'no Chrome or Chromium is installed, and the packaged one runs on Linux x64 only';
}

export async function openBrowser(): Promise<Browser> {
  const installed = INSTALLED.find((path) => existsSync(path));
  if (installed !== undefined) return chromium.launch({ executablePath: installed, args: [...WEBGL_IN_SOFTWARE, '--no-sandbox'] });
  const args = sparticuz.args.filter((each) => !DROPPED.includes(each) && !/^--(use-gl|use-angle|headless)/.test(each));
  return chromium.launch({ executablePath: await sparticuz.executablePath(), args: [...args, ...WEBGL_IN_SOFTWARE], headless: true });
}
