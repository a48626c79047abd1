/** Physical lines of a text that comes in pieces: LF, CRLF or CR ends; the mark of byte order is no text. */
import { checkPending } from './unusable-library.ts';

export interface TextLine {
  /** 1-based. */
  readonly line: number;
  readonly text: string;
}

/** Gives each line once its end is known. The piece after the last line end is a line only when it holds text. */
export class LineReader {
  #pending = '';
  #line = 1;
  #hasBegun = false;

  *push(text: string): Generator<TextLine, void> {
    const buffer = this.#begin(this.#pending + text);
    const ends = /\r\n|\n|\r/g;
    let start = 0;
    for (let end = ends.exec(buffer); end !== null; end = ends.exec(buffer)) {
      // A CR at the end may be the first half of a CRLF.
      if (end[0] === '\r' && ends.lastIndex === buffer.length) break;
      yield { line: this.#line, text: buffer.slice(start, end.index) };
      start = ends.lastIndex;
      this.#line += 1;
    }
    this.#pending = buffer.slice(start);
    checkPending(this.#pending, this.#line);
  }

  *end(): Generator<TextLine, void> {
    if (this.#pending !== '') yield { line: this.#line, text: this.#pending.replace(/\r$/, '') };
    this.#pending = '';
  }

  #begin(buffer: string): string {
    if (this.#hasBegun || buffer === '') return buffer;
    this.#hasBegun = true;
    return buffer.startsWith('\uFEFF') ? buffer.slice(1) : buffer;
  }
}

/** Lines of a whole text, lazily. */
export function* linesOf(text: string): Generator<TextLine, void> {
  const reader = new LineReader();
  yield* reader.push(text);
  yield* reader.end();
}
