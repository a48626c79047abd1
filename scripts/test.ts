/**
 * `npm test`: everything. The checks, then the Python parts, the page in a browser, then whole programs (`tests/`: CLI, end to end, faults).
 * The last line is `N passed, N failed, N skipped`; each tool of the checks counts as one test.
 */
import { defaultDataDir } from '../packages/server/src/machine/data-dir.ts';
import { CHECK_STEPS } from './check-steps.ts';
import { pythonSteps } from './python-steps.ts';
import { modelsDirsOf, runScript, runSetup } from './setup-steps.ts';
import { summaryLine } from './tally.ts';
import { installSlurm } from '../tests/support/slurm.ts';
import { buildVersitygw } from '../tests/support/versitygw.ts';
import { startStep } from './progress-line.mjs';
import { runSteps, toolStep, vitestStep } from './test-steps.ts';

await runScript(async (signal) => {
  const dataDir = defaultDataDir(process.env);
  await runSetup({ dataDir, modelsDirs: modelsDirsOf(undefined), embeddedDatabase: false, signal });
  await prepare('S3 server for tests (versitygw)', buildVersitygw);
  await prepare('Slurm for tests', installSlurm);
  const total = await runSteps([
    ...CHECK_STEPS,
    ...(await pythonSteps(dataDir)),
    toolStep('Sizes of the page', 'scripts/page-sizes.ts', []),
    vitestStep('The page in a browser (packages/web/test/)', ['page']),
    vitestStep('Whole programs (tests/)', ['whole']),
  ]);
  console.log(`\n${summaryLine(total)}`);
  process.exitCode = total.failed === 0 ? 0 : 1;
});

/** Where it cannot be had its test is skipped with the reason; in CI it fails. */
async function prepare(title: string, work: () => Promise<string>): Promise<void> {
  const step = startStep(title);
  try {
    step.end(await work());
  } catch (error) {
    step.end(`not there: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}`);
  }
}
