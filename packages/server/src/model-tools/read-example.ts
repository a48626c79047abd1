/** Reads an example of a model and takes it apart into what a worker is given. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ModelExample, type Manifest, type ManifestTask } from '@omtx/contract';
import { Value } from 'typebox/value';
import { validateOwn, validateSubmission } from '../catalog/validate-input.ts';
import { taskOf } from '../catalog/registry.ts';
import { routePlainly } from '../domain/routing.ts';
import type { FreeObject } from '../domain/free-object.ts';

const DEFAULT_SEED = 42;

export interface ReadyExample {
  readonly task: ManifestTask;
  readonly shared: FreeObject;
  readonly own: FreeObject;
  /** With the defaults made explicit. */
  readonly parameters: FreeObject;
  readonly seed: number;
  readonly expect: Readonly<Record<string, readonly [number, number]>>;
}

/** @returns the example, or what is wrong with it in words */
export async function readExample(folder: string, file: string, manifest: Manifest): Promise<ReadyExample | readonly string[]> {
  const parsed = await readFile(join(folder, file), 'utf8')
    .then((text): unknown => JSON.parse(text))
    .catch((cause: unknown) => new Error(cause instanceof Error ? cause.message : String(cause)));
  if (parsed instanceof Error) return [`${file}: ${parsed.message}`];
  if (!Value.Check(ModelExample, parsed))
    return Value.Errors(ModelExample, parsed).map(
      ({ instancePath, message }) => `${file}: ${instancePath === '' ? '/' : instancePath} ${message}`,
    );
  const task = taskOf(manifest, parsed.taskType);
  if (!task) return [`${file}: "${parsed.taskType}" is no task of ${manifest.id}`];
  return takeApart(file, manifest, task, parsed);
}

function takeApart(file: string, manifest: Manifest, task: ManifestTask, example: ModelExample): ReadyExample | readonly string[] {
  const routing = routePlainly({ taskType: task.taskType, input: example.input, task });
  if (routing.kind !== 'individual') return [`${file}: it must be one row`];
  const submission = validateSubmission(manifest, task, routing.shared, example.parameters ?? {});
  const own = validateOwn(task, routing.own);
  if (submission.kind === 'invalid') return submission.errors.map(({ pointer, detail }) => `${file}: ${pointer}: ${detail}`);
  if (own.kind === 'invalid') return own.errors.map(({ pointer, detail }) => `${file}: /input${pointer}: ${detail}`);
  const { seed = DEFAULT_SEED, expect = {} } = example;
  return { task, shared: submission.shared, own: own.value, parameters: submission.parameters, seed, expect };
}

export function isReady(example: ReadyExample | readonly string[]): example is ReadyExample {
  return !Array.isArray(example);
}
