/** A library of which nothing can be read: a named column is missing, none holds molecules, or it is no text of its format. */

export type LibraryField = 'text' | 'smilesColumn' | 'nameColumn';

export class UnusableLibrary extends Error {
  /** The field of the library to mend. */
  readonly field: LibraryField;

  constructor(field: LibraryField, reason: string, options?: ErrorOptions) {
    super(reason, options);
    this.field = field;
  }
}

/** Far more than a line of any molecule; a text without line ends must not fill the memory. */
const MAX_PENDING_CHARACTERS = 4 * 1024 * 1024;

/** @throws UnusableLibrary when so much text has come without the end of a record */
export function checkPending(pending: string, line: number): void {
  if (pending.length > MAX_PENDING_CHARACTERS)
    throw new UnusableLibrary('text', `Line ${String(line)} is longer than 4 MiB, so this is no library of molecules.`);
}
