/**
 * `npm run demo [-- --exit] [-- --port N --host ADDRESS --data-dir DIR --models-dir DIRS --database-url URL]`: set-up, a hub, one real screen shown live, its ranked table.
 * The hub then runs until Ctrl-C; with `--exit` the demo ends, with 0 only if the screen completed and every row has its one outcome.
 */
import { join } from 'node:path';
import { formatTable } from '@omtx/cli/table';
import { OmtxClient } from '@omtx/client';
import { findOrStartHub, type Hub } from './demo/hub.ts';
import { demoBody, findFaults, watchScreen, type ScreenClient } from './demo/screen.ts';
import { readConfig, type Config, type Flags } from '../packages/server/src/config.ts';
import { startStep } from './progress-line.mjs';
import { readOptions } from './script-options.ts';
import { runScript, runSetup } from './setup-steps.ts';

await runScript(async (signal) => {
  const text = { type: 'string' } as const;
  const { exit, ...flags } = readOptions('demo', {
    exit: { type: 'boolean', default: false },
    port: text,
    host: text,
    'data-dir': text,
    'models-dir': text,
    'database-url': text,
  });
  const config = readConfig(process.env, flags);
  const { dataDir, modelsDirs, databaseUrl } = config;
  if (config.port === 0) throw new Error('OMTX_PORT (--port) must be a number from 1 to 65535 for the demo, not 0.');
  await runSetup({ dataDir, modelsDirs, embeddedDatabase: databaseUrl === undefined, signal });
  const hub = await startHub(config, flags, signal);
  try {
    const good = await showScreen(new OmtxClient({ baseUrl: hub.baseUrl }), dataDir, hub, signal);
    if (exit) process.exitCode = good ? 0 : 1;
    else await waitForEnd(hub, signal);
  } finally {
    await hub.stop();
  }
});

async function startHub(config: Config, flags: Flags, signal: AbortSignal): Promise<Hub> {
  const step = startStep(`Hub on port ${config.port}`);
  try {
    const hub = await findOrStartHub({ ...config, flags, signal });
    step.end(hub.own ? 'started' : 'was running already');
    return hub;
  } catch (error) {
    step.fail();
    throw error;
  }
}

async function showScreen(client: ScreenClient, dataDir: string, hub: Hub, signal: AbortSignal): Promise<boolean> {
  const answer = await client.submitJob(await demoBody());
  console.log(
    `\nCOX-2 demo screen: ${answer.rows.total} rows, ${answer.rows.rejected} rejected, ${answer.rows.reused} reused (job ${answer.id})\nWatch it live:  ${hub.baseUrl}/results/${answer.id}\n`,
  );
  const screen = await watchScreen(client, answer.id, process.stdout, signal);
  console.log(`\n${formatTable(screen.rows, screen.job.rankBy, process.stdout.columns)}\n`);
  console.log(`Files:     ${join(dataDir, 'artifacts')} (data folder ${dataDir})`);
  console.log(`This job:  ${hub.baseUrl}/results/${answer.id}`);
  console.log(`API docs:  ${hub.baseUrl}/docs`);
  const faults = findFaults(screen);
  for (const fault of faults) console.error(`FAULT: ${fault}`);
  return faults.length === 0;
}

async function waitForEnd(hub: Hub, signal: AbortSignal): Promise<void> {
  if (!hub.own) return console.log('\nThe hub was running before and goes on.');
  console.log('\nThe hub keeps running. Ctrl-C ends it.');
  const interrupted = new Promise<void>((resolve) => {
    signal.addEventListener(
      'abort',
      () => {
        resolve();
      },
      { once: true },
    );
  });
  await Promise.race([interrupted, hub.ended]);
  if (!signal.aborted) throw new Error(`The hub ended by itself; its log is in the data folder (demo-hub.log).`);
  console.log('Stopping the hub.');
}
