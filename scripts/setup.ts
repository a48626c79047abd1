/** `npm run setup [-- --data-dir DIR]`: everything the hub needs before it can run a model. A second run takes a second. */
import { readConfig } from '../packages/server/src/config.ts';
import { readOptions } from './script-options.ts';
import { runScript, runSetup } from './setup-steps.ts';

await runScript(async (signal) => {
  const text = { type: 'string' } as const;
  const flags = readOptions('setup', { 'data-dir': text, 'models-dir': text, 'database-url': text });
  const { dataDir, modelsDirs, databaseUrl } = readConfig(process.env, flags);
  await runSetup({ dataDir, modelsDirs, embeddedDatabase: databaseUrl === undefined, signal });
});
