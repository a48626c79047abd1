/**
 * Python tests: those of the worker library with the Python of this machine, and those of each model in the model's own environment.
 * `models/<id>/tests/` runs in the environment of the worker, `models/<id>/tests/<environment>/` in that one.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensureEnvironment } from '../packages/server/src/catalog/environments/environment.ts';
import { findPython } from '../packages/server/src/catalog/environments/find-python.ts';
import { listModelEnvironments, type ModelEnvironment } from '../packages/server/src/catalog/environments/model-environments.ts';
import { ROOT } from './setup-steps.ts';
import { BOLTZ_MODEL, makeSmallBoltz, SMALL_BOLTZ_PYTHON } from '../tests/support/small-boltz.ts';
import { skip } from './tally.ts';
import { unittestStep, type TestStep } from './test-steps.ts';

const WORKER_LIBRARY = join(ROOT, 'packages', 'worker-python');
const LIBRARIES = ['worker-python', 'chemistry-python', 'adapter-python', 'model-tests-python'].map((name) => join(ROOT, 'packages', name));
const WORKER_PYTHON = '3.11';
/** Larger environments take minutes to fetch: their tests run when the model is named (`npm run test:models -- --model ID`). */
const LARGEST_BYTES = 2 * 1024 ** 3;

/** Tests of the worker library and of every model whose environment is not large. */
export async function pythonSteps(dataDir: string): Promise<TestStep[]> {
  const steps: TestStep[] = [];
  const workerTests = join(WORKER_LIBRARY, 'tests');
  if (hasTests(workerTests)) {
    steps.push(
      unittestStep({
        title: 'Python worker library',
        python: await findPython(WORKER_PYTHON),
        folder: workerTests,
        path: [WORKER_LIBRARY],
      }),
    );
  }
  return [...steps, ...(await modelSteps(dataDir, (each) => each.diskBytes <= LARGEST_BYTES)), smallBoltzStep()];
}

/** Its own environment is 6 GB; the tests need the program alone, with made-up weights. */
function smallBoltzStep(): TestStep {
  const title = 'Model boltz2 (its small form, with made-up weights)';
  return {
    title,
    run: async () => {
      try {
        await makeSmallBoltz((line) => {
          console.log(line);
        });
      } catch (error) {
        return skip(title, error instanceof Error ? error.message : String(error));
      }
      return unittestStep({
        title,
        python: SMALL_BOLTZ_PYTHON,
        folder: join(BOLTZ_MODEL, 'tests'),
        path: [...LIBRARIES, BOLTZ_MODEL],
      }).run();
    },
  };
}

export async function modelSteps(dataDir: string, isWanted: (each: ModelEnvironment) => boolean): Promise<readonly TestStep[]> {
  return (await listModelEnvironments([join(ROOT, 'models')])).filter(isWanted).flatMap((each) => {
    const folder = testsOf(each);
    return folder === undefined ? [] : [modelStep(each, folder, dataDir)];
  });
}

function modelStep(each: ModelEnvironment, folder: string, dataDir: string): TestStep {
  const name = `${each.modelId}/${each.environment}`;
  const title = `Model ${name}`;
  return {
    title,
    run: async () => {
      const { python } = await ensureEnvironment({
        ...each,
        name,
        dataDir,
        report: (line) => {
          console.log(line);
        },
      });
      return unittestStep({ title, python, folder, path: [...LIBRARIES, each.modelFolder] }).run();
    },
  };
}

function testsOf(each: ModelEnvironment): string | undefined {
  const tests = join(each.modelFolder, 'tests');
  const own = join(tests, each.environment);
  if (hasTests(own)) return own;
  return each.runsWorker && hasTests(tests) ? tests : undefined;
}

function hasTests(folder: string): boolean {
  return existsSync(folder) && readdirSync(folder).some((name) => name.startsWith('test') && name.endsWith('.py'));
}
