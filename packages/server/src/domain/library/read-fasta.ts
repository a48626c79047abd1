/** Sequences (FASTA): `>name rest of the header`, then lines of the sequence. Each record is one chain and so one row. */
import { malformed, type Finding, type LibraryReader } from './record.ts';
import { LineReader, type TextLine } from './text-lines.ts';
import { UnusableLibrary } from './unusable-library.ts';

interface Open {
  readonly line: number;
  readonly header: string;
  readonly parts: string[];
  characters: number;
}

/** Longer than any protein; a file without further headers must not fill the memory. */
const MAX_SEQUENCE_CHARACTERS = 1_000_000;

/** The first word of the header is the name, the rest is carried as `description`. A stop (`*`) at the end is not part of the chain. */
export class FastaReader implements LibraryReader {
  readonly columns = [];
  readonly #lines = new LineReader();
  #open: Open | undefined;

  *push(text: string): Generator<Finding, void> {
    for (const line of this.#lines.push(text)) yield* this.#read(line);
  }

  *end(): Generator<Finding, void> {
    for (const line of this.#lines.end()) yield* this.#read(line);
    if (this.#open) yield findingOf(this.#open);
    this.#open = undefined;
  }

  *#read({ line, text }: TextLine): Generator<Finding, void> {
    if (text.startsWith('>')) {
      if (this.#open) yield findingOf(this.#open);
      this.#open = { line, header: text.slice(1).trim(), parts: [], characters: 0 };
      return;
    }
    const part = text.trim();
    if (part === '' || part.startsWith(';')) return;
    if (!this.#open)
      throw new UnusableLibrary('text', `Line ${String(line)} comes before the first header; a record of FASTA begins with ">".`);
    this.#open.parts.push(part);
    this.#open.characters += part.length;
    if (this.#open.characters > MAX_SEQUENCE_CHARACTERS)
      throw new UnusableLibrary('text', `The sequence from line ${String(this.#open.line)} is longer than a million letters.`);
  }
}

function findingOf({ line, header, parts }: Open): Finding {
  const [, name = '', description = ''] = /^(\S*)\s*(.*)$/.exec(header) ?? [];
  const named = name === '' ? {} : { name };
  const original = description === '' ? {} : { original: { description } };
  const sequence = parts.join('').replaceAll(/\s/g, '').replace(/\*$/, '').toUpperCase();
  if (sequence === '')
    return {
      line,
      ...named,
      ...original,
      problem: { code: 'rejected_empty', message: `The record on line ${String(line)} has no sequence.` },
    };
  if (!/^[A-Z]+$/.test(sequence)) {
    const letter = /[^A-Z]/.exec(sequence)?.[0] ?? '';
    return { ...malformed(line, `The sequence from line ${String(line)} holds "${letter}", which is no residue.`), ...named, ...original };
  }
  return { line, ...named, ...original, own: { proteinSequence: sequence } };
}
