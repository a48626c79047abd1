/** A hub over one folder of models and no other, for `models.bench.ts`: says when it serves and what it holds, and ends with its input. */
import { readConfig } from '../packages/server/src/config.ts';
import { startHub } from '../packages/server/src/hub.ts';

const [dataDir = '', modelsDir = ''] = process.argv.slice(2);
/** Long enough for what the start has left behind to settle. */
const SETTLE_MS = 3_000;

const config = {
  ...readConfig({ OMTX_DATA_DIR: dataDir, OMTX_PORT: '0', OMTX_LOG_LEVEL: 'silent', PATH: '' }, {}),
  modelsDirs: [modelsDir],
};
const hub = await startHub({ ...config, port: 0 }, { serves: true, works: true }, new AbortController().signal);
const startMs = process.uptime() * 1_000;
await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
console.log(JSON.stringify({ startMs, rssBytes: process.memoryUsage().rss }));
await hub.stop();
