/** Starts a model folder from the example of `docs/add-a-model.md`. */
import { access, cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const EXAMPLE = join(import.meta.dirname, '..', '..', '..', '..', 'docs', 'example-model');
const EXAMPLE_ID = 'peptide-mass';
const EXAMPLE_NAME = 'Peptide mass';

/** @throws Error when the id is no id or the folder is there already */
export async function newModel(id: string, folder: string, name = id): Promise<void> {
  if (!/^[a-z0-9][a-z0-9_.-]{0,63}$/.test(id))
    throw new Error(`"${id}" is no id of a model: lower-case letters, digits, "-", "_" and ".".`);
  const isThere = await access(folder).then(
    () => true,
    () => false,
  );
  if (isThere) throw new Error(`${folder} is there already; choose another folder.`);
  await cp(EXAMPLE, folder, { recursive: true, filter: (path) => !path.includes('__pycache__') });
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((each) => each.isFile())) {
    const file = join(entry.parentPath, entry.name);
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replaceAll(EXAMPLE_ID, id).replaceAll(EXAMPLE_NAME, name));
  }
}
