/** Writes the folder of a model that a server offers. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HttpRunner, Manifest } from '@omtx/contract';

const ECHO = join(import.meta.dirname, '..', 'models', 'echo', 'model.json');

/** Takes work and tells it later. */
export const ACCEPTED = {
  status: [202],
  id: { pointer: '/id' },
  pollPath: '/work/{id}',
  pollSeconds: 0.1,
  cancel: { method: 'DELETE', path: '/work/{id}' },
} as const satisfies HttpRunner['accepted'];

export function httpRunner(baseUrl: string, change: Partial<HttpRunner> = {}): HttpRunner {
  return {
    kind: 'http',
    baseUrl,
    concurrency: 4,
    auth: { header: 'Authorization', scheme: 'Bearer', secret: 'fake' },
    submit: {
      path: '/work',
      body: { smiles: { $from: '/input/ligand/smiles' }, seed: { $from: '/seed' } },
      repeat: { header: 'Idempotency-Key' },
    },
    accepted: ACCEPTED,
    success: [{ pointer: '/status', equals: 'success' }],
    message: '/details',
    result: {
      metrics: { 'remote.score': { pointer: '/score' } },
      tables: { poses: { columns: { confidence: '/confidences' } } },
      artifacts: [
        { name: 'pose-{n}.pdb', role: 'pose', mediaType: 'chemical/x-pdb', pointer: '/poses', form: 'text' },
        { name: 'report.json', role: 'report', mediaType: 'application/json', pointer: '/report', form: 'json' },
      ],
    },
    ...change,
  };
}

export async function remoteManifest(runner: Manifest['runner'], change: Partial<Manifest> = {}): Promise<Manifest> {
  // The health check of the echo model is not this one's.
  const { healthCheck: _, ...echo } = JSON.parse(await readFile(ECHO, 'utf8')) as Manifest;
  const [metric] = echo.ownMetrics ?? [];
  return {
    ...echo,
    id: 'remote',
    status: 'adapter_tested',
    metrics: ['remote.score'],
    rankBy: 'remote.score',
    ownMetrics: metric ? [{ ...metric, id: 'remote.score' }] : [],
    tables: [{ id: 'poses', columns: [{ id: 'confidence', label: 'Confidence' }] }],
    artifacts: [
      { name: 'pose-1.pdb', role: 'pose', mediaType: 'chemical/x-pdb', per: 'row', required: true },
      { name: 'report.json', role: 'report', mediaType: 'application/json', per: 'row', required: false },
    ],
    runner,
    setupTimeoutSeconds: 10,
    timing: { setupSeconds: 0, rowSeconds: 5 },
    examples: [],
    ...change,
  };
}

/** @returns the folder of models that holds it */
export async function writeRemoteModel(parent: string, manifest: Manifest): Promise<string> {
  const folder = join(parent, manifest.id);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'model.json'), JSON.stringify(manifest));
  return parent;
}
