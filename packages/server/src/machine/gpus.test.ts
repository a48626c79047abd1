import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findGpus, readGpus, visibleOf } from './gpus.ts';

const PRINTED = '0, NVIDIA H100 80GB HBM3\n1, NVIDIA H100 80GB HBM3\n';
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'omtx-gpus-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** A tool that prints what the driver's prints. */
async function withTool(): Promise<string> {
  const tool = join(folder, 'nvidia-smi');
  await writeFile(tool, `#!/bin/sh\nprintf '${PRINTED.replaceAll('\n', '\\n')}'\n`);
  await chmod(tool, 0o755);
  return `${folder}:/usr/bin:/bin`;
}

test('a machine without the tool of the driver has no GPU', async () => {
  expect(await findGpus({ programPath: folder, count: undefined, visible: undefined })).toEqual([]);
});

test('a setting says how many there are, with the names that the tool knows', async () => {
  expect(await findGpus({ programPath: folder, count: 2, visible: undefined })).toEqual([
    { device: '0', name: 'GPU' },
    { device: '1', name: 'GPU' },
  ]);
  const programPath = await withTool();
  expect(await findGpus({ programPath, count: undefined, visible: undefined })).toEqual(readGpus(PRINTED));
  expect(await findGpus({ programPath, count: 1, visible: undefined })).toEqual([{ device: '0', name: 'NVIDIA H100 80GB HBM3' }]);
  expect(await findGpus({ programPath, count: 0, visible: undefined })).toEqual([]);
});

test('where a batch system has given this process some of them, only those are used', () => {
  const found = readGpus(PRINTED);
  expect(visibleOf(found, '1').map(({ device }) => device)).toEqual(['1']);
  expect(visibleOf(found, '')).toEqual([]);
  expect(visibleOf(found, '1,7,0').map(({ device }) => device)).toEqual(['1']);
  expect(visibleOf(found, 'GPU-4f3a').map(({ device }) => device)).toEqual(['GPU-4f3a']);
});
