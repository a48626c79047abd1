/** Structure files (SDF): molblocks with properties, each ended by `$$$$`. */
import { findNameColumn } from './column-names.ts';
import { empty, malformed, type Finding, type LibraryReader } from './record.ts';
import { LineReader, type TextLine } from './text-lines.ts';
import { UnusableLibrary } from './unusable-library.ts';

/** Lines of one record; more is no molecule, and must not fill the memory. */
const MAX_RECORD_LINES = 200_000;

/** The title of a record is its name; where it is blank, a property that is a name by its header. All properties are carried. */
export class SdfReader implements LibraryReader {
  readonly columns = [];
  readonly #reader = new LineReader();
  #lines: string[] = [];
  #start = 1;

  *push(text: string): Generator<Finding, void> {
    for (const line of this.#reader.push(text)) yield* this.#read(line);
  }

  *end(): Generator<Finding, void> {
    for (const line of this.#reader.end()) yield* this.#read(line);
    // The last terminator is often forgotten; blank lines after it are no record.
    if (this.#lines.some((line) => line.trim() !== '')) yield findingOf(this.#start, this.#lines);
  }

  *#read({ line, text }: TextLine): Generator<Finding, void> {
    if (!text.startsWith('$$$$')) {
      this.#lines.push(text);
      if (this.#lines.length > MAX_RECORD_LINES)
        throw new UnusableLibrary('text', `The record from line ${String(this.#start)} has no end ($$$$) within 200,000 lines.`);
      return;
    }
    yield findingOf(this.#start, this.#lines);
    this.#lines = [];
    this.#start = line + 1;
  }
}

function findingOf(line: number, lines: readonly string[]): Finding {
  if (lines.every((text) => text.trim() === '')) return empty(line);
  const end = lines.findIndex((text) => /^M {2}END\s*$/.test(text));
  const title = lines[0]?.trim() ?? '';
  if (end === -1) {
    return {
      ...malformed(line, `The record from line ${String(line)} has no "M  END": it is cut off or no molblock.`),
      ...(title === '' ? {} : { name: title }),
    };
  }
  const original = propertiesOf(lines.slice(end + 1));
  const nameColumn = findNameColumn(original.map(([header]) => header));
  const name = title === '' ? (original[nameColumn ?? -1]?.[1] ?? '') : title;
  return {
    line,
    molblock: `${lines.slice(0, end + 1).join('\n')}\n`,
    ...(name === '' ? {} : { name }),
    ...(original.length === 0 ? {} : { original: Object.fromEntries(original) }),
  };
}

/** Properties in order: a header line `>  <NAME>`, then lines up to a blank one. */
function propertiesOf(lines: readonly string[]): readonly (readonly [string, string])[] {
  const properties: [string, string][] = [];
  let open: { readonly name: string; readonly values: string[] } | undefined;
  const close = (): void => {
    if (open) properties.push([open.name, open.values.join('\n').trim()]);
    open = undefined;
  };
  for (const line of lines) {
    const name = /^>.*?<([^>]+)>/.exec(line)?.[1];
    if (name !== undefined) {
      close();
      open = { name, values: [] };
    } else if (line.trim() === '') {
      close();
    } else {
      open?.values.push(line);
    }
  }
  close();
  return properties;
}
