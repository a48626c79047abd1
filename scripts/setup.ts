/** `npm run setup [-- --data-dir DIR]`: everything the hub needs before it can run a model. A second run takes a second. */
import { parseArgs } from 'node:util';
import { defaultDataDir } from '../packages/server/src/machine/data-dir.ts';
import { modelsDirsOf, runScript, runSetup } from './setup-steps.ts';

await runScript(async (signal) => {
  const { values } = parseArgs({ options: { 'data-dir': { type: 'string' }, 'models-dir': { type: 'string' } } });
  const dataDir = defaultDataDir({ ...process.env, ...(values['data-dir'] === undefined ? {} : { OMTX_DATA_DIR: values['data-dir'] }) });
  const modelsDirs = modelsDirsOf(values['models-dir'] ?? process.env['OMTX_MODELS_DIR']);
  await runSetup({ dataDir, modelsDirs, embeddedDatabase: process.env['DATABASE_URL'] === undefined, signal });
});
