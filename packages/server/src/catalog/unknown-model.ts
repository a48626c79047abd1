/** What to say of an id that no model has: that its folder is broken, which name is near, or where they are listed. */
import { basename } from 'node:path';
import { closeName } from './close-name.ts';
import type { Registry } from './registry.ts';

const LIST = 'GET /api/v4/models lists the models.';

/** @returns a sentence that follows "There is no model ..." */
export function hintForUnknown({ models, broken }: Registry, id: string): string {
  const mine = broken.find(({ folder }) => isFolderOf(basename(folder), id));
  if (mine) return `Its folder is there, but the operator has to mend it: ${mine.reasons[0] ?? 'it does not validate'}`;
  const meant = closeName(id, [...models.keys()]);
  return meant === undefined ? LIST : `Did you mean "${meant}"?`;
}

/** Installed models lie in `<id>-<version>`, all others in `<id>`. */
function isFolderOf(name: string, id: string): boolean {
  return name === id || (name.startsWith(`${id}-`) && /^\d/.test(name.slice(id.length + 1)));
}
