/** `npm run test:faults`: the fault suite at its full length, 100 kills. `OMTX_FAULT_SEED=N` repeats the kills of another run. */
import { runScript } from './setup-steps.ts';
import { summaryLine } from './tally.ts';
import { runSteps, vitestStep } from './test-steps.ts';

await runScript(async () => {
  process.env['OMTX_FAULT_KILLS'] ??= '100';
  const total = await runSteps([vitestStep('Faults (tests/faults), long', ['whole'], ['tests/faults'])]);
  console.log(`\n${summaryLine(total)}`);
  process.exitCode = total.failed === 0 ? 0 : 1;
});
