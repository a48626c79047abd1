/** The hub as its next version will be: a copy of the source with a higher version number and one more migration, which adds to the tables. */
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { ROOT } from '../../support/hub-process.ts';

const PACKAGES = ['contract', 'server', 'client', 'cli', 'worker-python', 'chemistry-python', 'adapter-python'];
const LEFT_OUT = ['node_modules', 'test', 'dist', '__pycache__'];

/** What a release may bring that old processes know nothing of: columns of busy tables, and a table of its own. */
const MIGRATION = `
alter table workers add column next_note text;
alter table jobs add column next_count integer not null default 0;
alter table batch_rows add column next_score double precision;
alter table runs add column next_mark boolean not null default false;
create table next_things (id integer primary key, job_id uuid references jobs on delete cascade);
create index concurrently_not_needed on next_things (job_id);
`;

export interface NextVersion {
  readonly version: string;
  /** Of its newest migration. */
  readonly migration: string;
  /** The command `omtx` of this version. */
  readonly cli: string;
  close(): Promise<void>;
}

export async function makeNextVersion(): Promise<NextVersion> {
  const folder = await mkdtemp(join(tmpdir(), 'omtx-next-'));
  const filter = (source: string): boolean => !LEFT_OUT.includes(basename(source));
  for (const name of PACKAGES) await cp(join(ROOT, 'packages', name), join(folder, 'packages', name), { recursive: true, filter });
  await symlink(join(ROOT, 'models'), join(folder, 'models'));
  await linkModules(folder);
  const server = join(folder, 'packages', 'server');
  const packageJson = JSON.parse(await readFile(join(server, 'package.json'), 'utf8')) as { version: string };
  const [major = 0, minor = 0] = packageJson.version.split('.').map(Number);
  const version = `${String(major)}.${String(minor + 1)}.0`;
  await writeFile(join(server, 'package.json'), JSON.stringify({ ...packageJson, version }));
  const migrations = join(server, 'migrations');
  const numbers = (await readdir(migrations)).filter((name) => /^\d{4}_/.test(name)).map((name) => Number(name.slice(0, 4)));
  const migration = `${String(Math.max(...numbers) + 1).padStart(4, '0')}_next_version.sql`;
  await writeFile(join(migrations, migration), MIGRATION);
  return {
    version,
    migration,
    cli: join(folder, 'packages', 'cli', 'src', 'main.ts'),
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Its own packages are those of the copy; all others are shared. */
async function linkModules(folder: string): Promise<void> {
  const own = join(folder, 'node_modules');
  await mkdir(join(own, '@omtx'), { recursive: true });
  for (const name of await readdir(join(ROOT, 'node_modules')))
    if (name !== '@omtx') await symlink(join(ROOT, 'node_modules', name), join(own, name));
  for (const name of PACKAGES) {
    await symlink(join(folder, 'packages', name), join(own, '@omtx', name));
    const nested = join(ROOT, 'packages', name, 'node_modules');
    if (existsSync(nested)) await symlink(nested, join(folder, 'packages', name, 'node_modules'));
  }
}
