/** Worker hosts with networks of their own: one is cut off and comes back, one is killed, one is upgraded while it drains. */
import pg from 'pg';
import { afterEach, expect, test } from 'vitest';
import { VERSION } from '../../packages/server/src/machine/version.ts';
import { createTestDatabase } from '../../packages/server/test/database.ts';
import type { HubProcess } from '../support/hub-process.ts';
import { openNetHost, whyNoNetHosts, type NetHost } from './support/net-host.ts';
import { makeNextVersion, type NextVersion } from './support/next-version.ts';
import { screen, Stage } from './support/stage.ts';
import { expectHonest } from './support/verdict.ts';

const LIMIT_MS = 300_000;
const ROWS = 1_500;
const DELAY_SECONDS = 0.05;
const LIVE_RUNS = 'from runs r join workers w on w.id = r.worker_id where r.ended_at is null';

let stage: Stage | undefined;
let next: NextVersion | undefined;
const hosts: NetHost[] = [];

afterEach(async () => {
  // One that is cut off would wait for its database before it ends.
  for (const host of hosts) host.plugCable();
  await stage?.close();
  stage = undefined;
  for (const host of hosts.splice(0)) await host.close();
  await next?.close();
  next = undefined;
});

async function ask<T extends pg.QueryResultRow>(url: string, sql: string, values: readonly unknown[] = []): Promise<readonly T[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<T>(sql, [...values])).rows;
  } finally {
    await client.end();
  }
}

/** Both versions worked on one database, whose schema is the new one's, and the old host said that it drained. */
async function expectOldAndNew(
  url: string,
  next: NextVersion,
  hosts: { readonly old: HubProcess; readonly upgraded: HubProcess },
): Promise<void> {
  const applied = await ask<{ name: string }>(url, 'select name from schema_migrations order by number desc limit 1');
  expect(applied).toEqual([{ name: next.migration }]);
  const lives = await ask<{ pid: number; version: string; drained: boolean }>(
    url,
    'select pid, version, draining_since is not null and stopped_at is not null as drained from workers',
  );
  expect(lives.find(({ pid }) => pid === hosts.old.pid)).toEqual({ pid: hosts.old.pid, version: VERSION, drained: true });
  expect(lives.find(({ pid }) => pid === hosts.upgraded.pid)).toMatchObject({ version: next.version, drained: false });
}

test(
  'three hosts, one cut off, one killed, one upgraded while it drains: every row has one outcome, and who comes back works on',
  { timeout: LIMIT_MS },
  async (context) => {
    const refusal = whyNoNetHosts();
    if (refusal !== undefined && process.env['CI'] === 'true') throw new Error(refusal);
    if (refusal !== undefined) context.skip(refusal);
    const database = await createTestDatabase();
    const theatre = (stage = await Stage.open());
    for (const number of [1, 2, 3]) hosts.push(await openNetHost(number, database.url));
    const [first, second, third] = hosts as [NetHost, NetHost, NetHost];
    const version = (next = await makeNextVersion());
    const startOn = ({ databaseUrl, through }: NetHost, more: { readonly cli?: string } = {}) =>
      theatre.start('work', {
        args: ['--cpus', '2', '--drain-seconds', '60'],
        environment: { DATABASE_URL: databaseUrl },
        through,
        ...more,
      });

    await theatre.start('serve', { args: ['--no-work'], environment: { DATABASE_URL: database.url } });
    const cutOff = await startOn(first);
    const killed = await startOn(second);
    const old = await startOn(third);
    const id = await theatre.submit({ ...screen(ROWS, DELAY_SECONDS), maxConcurrency: 12 });
    await theatre.untilCompleted(id, 100);
    const working = await ask<{ pid: number }>(database.url, `select w.pid ${LIVE_RUNS} and r.batch_id = $1`, [id]);
    expect(new Set(working.map(({ pid }) => pid))).toEqual(new Set([cutOff.pid, killed.pid, old.pid]));

    first.pullCable();
    await theatre.untilCompleted(id, 200);
    await theatre.kill(killed);
    const replacement = await startOn(second);
    await theatre.untilCompleted(id, 300);
    // The next version brings the schema forward under the hub and the hosts that run; the old one ends its rows beside it.
    const [upgraded] = await Promise.all([startOn(third, { cli: version.cli }), theatre.stop(old)]);
    // The lease of the host that was cut off would be over in 30 s; time is moved instead.
    const past = `update runs set lease_until = now() - interval '1 second' where id in (select r.id ${LIVE_RUNS} and w.pid = $1)`;
    await ask(database.url, past, [cutOff.pid]);
    await theatre.untilFinished(id);
    first.plugCable();

    const judged = { databaseUrl: database.url, dataDir: theatre.dataDir, rows: ROWS, mayFail: 0 };
    await expectHonest({ ...judged, jobId: id });
    const ends = await ask<{ reason: string; pid: number }>(
      database.url,
      'select r.end_reason as reason, w.pid from runs r join workers w on w.id = r.worker_id where r.batch_id = $1',
      [id],
    );
    const lost = ends.filter(({ reason }) => reason === 'lost').map(({ pid }) => pid);
    expect(new Set(lost)).toEqual(new Set([cutOff.pid, killed.pid]));
    expect(ends.filter(({ pid }) => pid === old.pid).map(({ reason }) => reason)).not.toContain('stopped');
    expect(ends.filter(({ pid, reason }) => pid === upgraded.pid && reason === 'finished').length).toBeGreaterThan(0);
    await expectOldAndNew(database.url, version, { old, upgraded });

    // Only the host that was cut off is left, of the old version on the new schema.
    for (const other of [replacement, upgraded]) await theatre.stop(other);
    const later = await theatre.submit(screen(100, 0));
    await theatre.untilFinished(later);
    await expectHonest({ ...judged, jobId: later, rows: 100 });
    await theatre.stop(cutOff);
    stage = undefined;
    expect(await theatre.close()).toEqual([]);
    await database.drop();
  },
);
