/**
 * The entry of every npm script: installs what is missing, then runs the command's TypeScript on the Node 24 of `node_modules`.
 * Runs on Node 20 with no dependency. All it prints goes to stderr, and it prints nothing when nothing has to be done,
 * so that the output of `npm run -s omtx` stays machine-readable.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const CLI = 'packages/cli/src/main.ts';
/** What each command runs; the command line follows. */
const COMMANDS = {
  setup: ['scripts/setup.ts'],
  demo: ['scripts/demo.ts'],
  start: [CLI, 'serve'],
  omtx: [CLI],
  check: ['scripts/check.ts'],
  test: ['scripts/test.ts'],
  'test:faults': ['scripts/test-faults.ts'],
  'test:models': ['scripts/test-models.ts'],
  bench: ['scripts/bench.ts'],
  'db:dump': ['scripts/db-dump.ts'],
  format: ['node_modules/prettier/bin/prettier.cjs', '--write', '.'],
};

async function main([command, ...args]) {
  const entry = COMMANDS[command];
  if (entry === undefined) return fail(`Unknown command "${command}". Known: ${Object.keys(COMMANDS).join(', ')}.`);
  if (majorVersion() < 20)
    return fail(`Node 20 or newer is needed to start; this is ${process.version}. Install a newer Node and try again.`);
  const { installPackages, nodeOf, SetupError } = await import('./install-packages.mjs');
  try {
    await installPackages(ROOT);
  } catch (error) {
    if (error instanceof SetupError) return fail(error.message);
    throw error;
  }
  const node = existsSync(nodeOf(ROOT)) ? nodeOf(ROOT) : process.execPath;
  if (node === process.execPath && majorVersion() < 24) return fail('Node 24 is missing: remove node_modules and try again.');
  const [script, ...first] = entry;
  if (command === 'start') buildPage(node);
  runUntilEnd(node, [join(ROOT, script), ...first, ...args], workingFolder(command));
}

/** The page that the hub serves; a page that cannot be built leaves the API whole, so the hub starts all the same. Its lines go to stderr. */
function buildPage(node) {
  spawnSync(node, [join(ROOT, 'scripts/build-page.ts')], { cwd: ROOT, stdio: ['ignore', 2, 2] });
}

/** The CLI takes paths from where the user stands; npm has moved to the root. */
function workingFolder(command) {
  return command === 'omtx' ? (process.env.INIT_CWD ?? process.cwd()) : ROOT;
}

/** Passes signals on and ends as the child ends. A terminal sends its Ctrl-C to both, so it is not sent twice. */
function runUntilEnd(node, args, cwd) {
  const child = spawn(node, args, { cwd, stdio: 'inherit' });
  const pass = (signal) => {
    child.kill(signal);
  };
  process.on('SIGTERM', pass);
  process.on('SIGHUP', pass);
  process.on('SIGINT', (signal) => {
    if (process.stdin.isTTY !== true) pass(signal);
  });
  child.on('error', (error) => fail(`${node} cannot be started: ${error.message}`));
  child.on('close', (code, signal) => {
    process.exitCode = code ?? 128 + constants.signals[signal];
    process.exit();
  });
}

function majorVersion() {
  return Number(process.versions.node.split('.')[0]);
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exitCode = 1;
}

await main(process.argv.slice(2));
