/** One step of `npm run check` or `npm test`: a heading, the tool's own output, a verdict with seconds. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './setup-steps.ts';
import { add, FAILED, judgeSkips, NOTHING, parseTally, PASSED, readUnittest, summaryLine, withExitCode, type Tally } from './tally.ts';

export interface TestStep {
  readonly title: string;
  run(): Promise<Tally>;
}

/** All steps run, whatever the first ones say. */
export async function runSteps(steps: readonly TestStep[]): Promise<Tally> {
  let total: Tally = NOTHING;
  for (const step of steps) {
    console.log(`\n== ${step.title}`);
    const startedAt = Date.now();
    const tally = await step.run().catch((error: unknown) => {
      console.error(error instanceof Error ? error.message : error);
      return FAILED;
    });
    for (const each of tally.skipped) console.log(`skipped: ${each.name}: ${each.reason === '' ? 'no reason given' : each.reason}`);
    const judged = judgeSkips(tally, process.env['CI'] === 'true');
    console.log(
      `== ${step.title}: ${judged.failed === 0 ? 'ok' : 'FAILED'} (${summaryLine(judged)}, ${((Date.now() - startedAt) / 1_000).toFixed(1)} s)`,
    );
    total = add(total, judged);
  }
  return total;
}

/** A tool that counts as one test. `program` is a script for this Node. */
export function toolStep(title: string, program: string, args: readonly string[]): TestStep {
  return {
    title,
    run: async () => {
      if (!existsSync(join(ROOT, program))) throw new Error(`${program} is missing.`);
      const { code } = await run(process.execPath, [join(ROOT, program), ...args], {});
      return code === 0 ? PASSED : FAILED;
    },
  };
}

export function vitestStep(title: string, projects: readonly string[], paths: readonly string[] = []): TestStep {
  return {
    title,
    run: async () => {
      const file = join(ROOT, '.cache', 'tally', `${projects.join('-')}.json`);
      mkdirSync(join(ROOT, '.cache', 'tally'), { recursive: true });
      rmSync(file, { force: true });
      const chosen = projects.flatMap((project) => ['--project', project]);
      const args = ['run', ...chosen, ...paths, '--passWithNoTests', '--reporter=default', '--reporter=./scripts/tally-reporter.ts'];
      const { code } = await run(process.execPath, [join(ROOT, 'node_modules/vitest/vitest.mjs'), ...args], { OMTX_TALLY_FILE: file });
      const tally = existsSync(file) ? parseTally(readFileSync(file, 'utf8')) : NOTHING;
      return withExitCode(tally, code);
    },
  };
}

export interface UnittestRun {
  readonly title: string;
  /** Absolute interpreter. */
  readonly python: string;
  readonly folder: string;
  /** Import path. */
  readonly path: readonly string[];
}

export function unittestStep({ title, python, folder, path }: UnittestRun): TestStep {
  return {
    title,
    run: async () => {
      const { code, output } = await run(python, ['-m', 'unittest', 'discover', '-v', '-s', folder, '-t', folder], {
        PYTHONPATH: path.join(':'),
        PYTHONDONTWRITEBYTECODE: '1',
      });
      return withExitCode(readUnittest(output) ?? NOTHING, code);
    },
  };
}

async function run(
  program: string,
  args: readonly string[],
  environment: Record<string, string>,
): Promise<{ code: number; output: string }> {
  // A runner of Python tests is read while it is shown; the others keep the terminal and its colours.
  const piped = 'PYTHONPATH' in environment;
  const child = spawn(program, args, {
    cwd: ROOT,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'inherit', piped ? 'pipe' : 'inherit'],
  });
  let output = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    process.stderr.write(chunk);
  });
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => {
      resolve(status ?? 1);
    });
  });
  return { code, output };
}
