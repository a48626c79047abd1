/** What the hub asks of Slurm, with programs that answer as those of Slurm do in states that a real one comes to after minutes only. */
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SlurmCommands } from './slurm-commands.ts';

const JOBCOMP = join(import.meta.dirname, 'fixtures', 'jobcomp.log');
let folder: string;
let commands: SlurmCommands;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'omtx-slurm-commands-'));
  commands = new SlurmCommands({ programPath: `${folder}:/usr/bin:/bin`, configFile: '/etc/x/slurm.conf' });
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function program(name: string, text: string): Promise<void> {
  await writeFile(join(folder, name), `#!/bin/sh\n${text}\n`);
  await chmod(join(folder, name), 0o755);
}

const FORGOTTEN = 'echo "slurm_load_jobs error: Invalid job id specified" >&2; exit 1';

test('jobs that Slurm has forgotten are looked up in its file of finished jobs, by id and by name', async () => {
  await program('squeue', FORGOTTEN);
  await program('scontrol', `printf 'JobCompLoc              = ${JOBCOMP}\\nJobCompType             = jobcomp/filetxt\\n'`);
  expect((await commands.statesOf({ jobId: '15' }))?.map(({ state }) => state)).toEqual(['TIMEOUT']);
  await program('squeue', `echo '{"jobs": []}'`);
  const byName = (await commands.statesOf({ name: 'omtx-arr' })) ?? [];
  expect(new Set(byName.map(({ jobId }) => jobId))).toEqual(new Set(['1']));
  expect(byName).toHaveLength(6);
});

test('without such a file a forgotten job is unknown, and a Slurm that does not answer says nothing of any job', async () => {
  await program('squeue', FORGOTTEN);
  await program('scontrol', `echo 'JobCompType             = jobcomp/none'`);
  expect(await commands.statesOf({ jobId: '15' })).toEqual([]);
  await program('squeue', 'echo "slurm_load_jobs error: Unable to contact slurm controller (connect failure)" >&2; exit 1');
  expect(await commands.statesOf({ jobId: '15' })).toBeUndefined();
});

test('a job that is taken is told with its id, also in a federation; a refusal in the words of Slurm; and nothing of the hub is in its environment', async () => {
  await program('sbatch', `env > ${join(folder, 'env')}; echo '17;cluster'`);
  expect(await commands.submit(['job.sh'])).toEqual({ jobId: '17' });
  const names = (await readFile(join(folder, 'env'), 'utf8')).split('\n').map((line) => line.split('=')[0]);
  expect(names.filter((name) => name !== '' && !['PATH', 'SLURM_CONF', 'PWD', '_', 'SHLVL', 'OLDPWD'].includes(name ?? ''))).toEqual([]);
  await program('sbatch', 'echo "sbatch: error: Batch job submission failed: Invalid partition name specified" >&2; exit 1');
  expect(await commands.submit(['job.sh'])).toEqual({
    refusal: 'sbatch: error: Batch job submission failed: Invalid partition name specified',
  });
});
