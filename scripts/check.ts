/** `npm run check`: everything that a change must pass, in minutes. */
import { CHECK_STEPS } from './check-steps.ts';
import { runSteps } from './test-steps.ts';
import { summaryLine } from './tally.ts';

const total = await runSteps(CHECK_STEPS);
console.log(`\n${summaryLine(total)}`);
process.exitCode = total.failed === 0 ? 0 : 1;
