/** Physical lines of a text: LF, CRLF or CR ends; the mark of byte order is no text. */

export interface TextLine {
  /** 1-based. */
  readonly line: number;
  readonly text: string;
}

/** Lazily, so that reading stops at a bound. The piece after the last line end is a line only when it holds text. */
export function* linesOf(text: string): Generator<TextLine, void> {
  const ends = /\r\n|\n|\r/g;
  let start = text.startsWith('\uFEFF') ? 1 : 0;
  let line = 1;
  for (let end = ends.exec(text); end !== null; end = ends.exec(text)) {
    yield { line, text: text.slice(start, end.index) };
    start = ends.lastIndex;
    line += 1;
  }
  if (start < text.length) yield { line, text: text.slice(start) };
}
