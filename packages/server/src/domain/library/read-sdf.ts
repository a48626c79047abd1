/** Structure files (SDF): molblocks with properties, each ended by `$$$$`. */
import { findNameColumn } from './column-names.ts';
import { collectRecords, empty, malformed, type Finding, type LibraryReading } from './record.ts';
import { linesOf } from './text-lines.ts';

/** The title of a record is its name; where it is blank, a property that is a name by its header. All properties are carried. */
export function readSdf(text: string, maxRows: number): LibraryReading {
  return collectRecords(findingsOf(text), maxRows);
}

function* findingsOf(text: string): Generator<Finding, void> {
  let lines: string[] = [];
  let start = 1;
  for (const { line, text: content } of linesOf(text)) {
    if (content.startsWith('$$$$')) {
      yield findingOf(start, lines);
      lines = [];
      start = line + 1;
    } else {
      lines.push(content);
    }
  }
  // The last terminator is often forgotten; blank lines after it are no record.
  if (lines.some((line) => line.trim() !== '')) yield findingOf(start, lines);
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
