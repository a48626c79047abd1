/** What the operator has chosen for models of this hub: `models.json` of the data folder. Written whole, so a reader never sees a half. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';
import { isErrorCode, withFileLock } from '../machine/file-lock.ts';

const OperatorChoices = Type.Object(
  {
    /** By model id, why it is switched off. */
    disabled: Type.Record(Type.String(), Type.String()),
    /** By model id, values of the settings that its manifest requires. */
    settings: Type.Record(Type.String(), Type.Record(Type.String(), Type.String())),
  },
  { additionalProperties: false },
);
export type OperatorChoices = Static<typeof OperatorChoices>;

export const NO_CHOICES: OperatorChoices = { disabled: {}, settings: {} };

export function choicesFile(dataDir: string): string {
  return join(dataDir, 'models.json');
}

/** @throws Error naming the file when it is not what `omtx models` writes */
export async function readChoices(dataDir: string): Promise<OperatorChoices> {
  const file = choicesFile(dataDir);
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    if (isErrorCode(error, 'ENOENT')) return NO_CHOICES;
    throw new Error(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}. Mend or remove it.`, {
      cause: error,
    });
  }
  if (Value.Check(OperatorChoices, value)) return value;
  throw new Error(`${file} is not what "omtx models" writes. Mend or remove it.`);
}

/** One at a time over all processes of the machine. */
export async function changeChoices(dataDir: string, change: (choices: OperatorChoices) => OperatorChoices): Promise<void> {
  const file = choicesFile(dataDir);
  await mkdir(dataDir, { recursive: true });
  await withFileLock(`${file}.lock`, async () => {
    const half = `${file}.half`;
    await writeFile(half, `${JSON.stringify(change(await readChoices(dataDir)), undefined, 2)}\n`);
    await rename(half, file);
  });
}
