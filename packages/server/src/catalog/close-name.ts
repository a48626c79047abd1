/** Finds the name that somebody probably meant. */
import { editDistance } from '../domain/edit-distance.ts';

/** The known name with the fewest edits; undefined when none is near (a third of its letters, at most 3). Case and underscores are free. */
export function closeName(written: string, known: readonly string[]): string | undefined {
  const ranked = known.map((name) => ({ name, edits: editDistance(plain(written), plain(name)) })).sort((a, b) => a.edits - b.edits);
  const best = ranked[0];
  return best && best.edits <= Math.min(3, Math.ceil(best.name.length / 3)) ? best.name : undefined;
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[_-]/g, '');
}
