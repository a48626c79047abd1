/** `completed` means that the declared outputs exist and parse: what a worker says is checked against its manifest and the disk. */
import { realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, sep } from 'node:path';
import { isFailureCode, type Failure, type Manifest, type protocol } from '@omtx/contract';
import type { ProducedFile, RunnerOutcome } from './runner.ts';
import { speaksOfMemory } from './speaks-of-memory.ts';

const MESSAGE_CHARACTERS = 4_000;

/** @param rankBy metric that every result of the job must have @param folder the row's own, absolute */
export async function checkResult(
  manifest: Manifest,
  rankBy: string | null,
  result: protocol.RowResult,
  folder: string,
): Promise<RunnerOutcome> {
  const undeclared = undeclaredNames(manifest, result);
  if (undeclared !== undefined) return failed('protocol_error', undeclared);
  if (rankBy !== null && result.metrics[rankBy] === undefined)
    return failed('missing_output', `The result has no ${rankBy}, by which ${manifest.id} ranks.`);
  const files = await checkFiles(manifest, 'row', result.artifacts, folder);
  if (typeof files === 'string') return failed('missing_output', files);
  const { metrics, notes } = result;
  return { kind: 'completed', metrics, tables: tablesOf(result), files, notes };
}

/** @returns the files, or what is wrong with them in words */
export async function checkFiles(
  { artifacts }: Manifest,
  per: 'row' | 'shard',
  named: readonly protocol.WorkerArtifact[],
  folder: string,
): Promise<readonly ProducedFile[] | string> {
  const root = await realpath(folder);
  const files: ProducedFile[] = [];
  for (const { name, path, mediaType, role } of named) {
    const absolutePath = isAbsolute(path) ? undefined : await realpath(join(root, path)).catch(() => undefined);
    if (absolutePath === undefined) return `The worker names the file ${name}, which is not there.`;
    if (!absolutePath.startsWith(root + sep)) return `The worker names the file ${name} outside its folder.`;
    const found = await stat(absolutePath);
    if (!found.isFile()) return `The worker names ${name}, which is no plain file.`;
    if (found.size === 0) return `The worker wrote the file ${name} without content.`;
    files.push({ name, absolutePath, mediaType, role });
  }
  const missing = artifacts.filter((each) => each.required && each.per === per && !named.some((file) => file.role === each.role));
  if (missing.length > 0) return `The model declares ${missing.map((each) => each.name).join(', ')} and wrote none.`;
  return files;
}

/** A failure as the worker tells it; codes that the hub does not know and memory that ran out are put right. */
export function checkFailure({ code, message }: Pick<Failure, 'message'> & { readonly code: string }): Failure {
  const text = message.slice(0, MESSAGE_CHARACTERS);
  if (!isFailureCode(code)) return { code: 'model_error', message: `${code}: ${text}` };
  if (code === 'model_error' && speaksOfMemory(message)) return { code: 'out_of_memory', message: text };
  return { code, message: text };
}

function failed(code: Failure['code'], message: string): RunnerOutcome {
  return { kind: 'failed', failure: { code, message } };
}

function undeclaredNames(manifest: Manifest, { metrics, tables }: protocol.RowResult): string | undefined {
  const metric = Object.keys(metrics).find((name) => !manifest.metrics.includes(name));
  if (metric !== undefined) return `The result has the metric ${metric}, which the model does not declare.`;
  const infinite = Object.entries(metrics).find(([, value]) => !Number.isFinite(value));
  if (infinite) return `The metric ${infinite[0]} is no finite number.`;
  const table = Object.keys(tables).find((name) => !manifest.tables.some((each) => each.id === name));
  return table === undefined ? undefined : `The result has the table ${table}, which the model does not declare.`;
}

function tablesOf({ tables }: protocol.RowResult): Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>> {
  return tables;
}
