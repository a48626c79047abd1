/** SMILES files: a SMILES, white space and a name on each line. Lines that start with `#` are comments, as no SMILES does. */
import { plainHeader } from './column-names.ts';
import type { Finding, LibraryReader } from './record.ts';
import { LineReader, type TextLine } from './text-lines.ts';

export class SmiReader implements LibraryReader {
  readonly columns = [];
  readonly #lines = new LineReader();
  #isFirst = true;

  *push(text: string): Generator<Finding, void> {
    for (const line of this.#lines.push(text)) yield* this.#read(line);
  }

  *end(): Generator<Finding, void> {
    for (const line of this.#lines.end()) yield* this.#read(line);
  }

  *#read(line: TextLine): Generator<Finding, void> {
    if (line.text.trim() === '' || line.text.startsWith('#')) return;
    if (!this.#isFirst || !isHeader(line.text)) yield findingOf(line);
    this.#isFirst = false;
  }
}

function isHeader(text: string): boolean {
  return plainHeader(text.trim().split(/\s/, 1)[0] ?? '') === 'smiles';
}

/** An extension of the SMILES in bars (CXSMILES, such as enhanced stereo) belongs to the SMILES and not to the name. */
function findingOf({ line, text }: TextLine): Finding {
  const [, smiles = '', extension, rest = ''] = /^(\S+)(?:[ \t]+(\|[^|]*\|))?\s*(.*)$/.exec(text.trim()) ?? [];
  return { line, smiles: extension === undefined ? smiles : `${smiles} ${extension}`, ...(rest === '' ? {} : { name: rest }) };
}
