/**
 * `npm run test:models`: the tests of the models in their own environments, which are made where they are missing. `--model ID` is for one of
 * them, whatever its size: ADMET-AI (6 GB) runs in this way only.
 */
import { defaultDataDir } from '../packages/server/src/machine/data-dir.ts';
import { modelSteps, pythonSteps } from './python-steps.ts';
import { readOptions, UsageError } from './script-options.ts';
import { runScript } from './setup-steps.ts';
import { summaryLine } from './tally.ts';
import { runSteps } from './test-steps.ts';

await runScript(async () => {
  const { model } = readOptions('test:models', { model: { type: 'string' } });
  const dataDir = defaultDataDir(process.env);
  const steps = model === undefined ? await pythonSteps(dataDir) : await modelSteps(dataDir, ({ modelId }) => modelId === model);
  if (steps.length === 0) throw new UsageError(`There are no tests of a model "${model ?? ''}" in models/.`);
  const total = await runSteps(steps);
  console.log(`\n${summaryLine(total)}`);
  process.exitCode = total.failed === 0 ? 0 : 1;
});
