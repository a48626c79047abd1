/** Names of the further columns of a library, in the order in which they are first met, for its exports. */

/** Properties of single records may differ without end. */
const MAX_COLUMNS = 1_000;

export class OriginalColumns {
  readonly #names = new Set<string>();
  #last: string | undefined;

  add(original: Readonly<Record<string, string>> | null): void {
    if (original === null) return;
    const names = Object.keys(original);
    // Records of a table have the same ones: most are known at a glance.
    const signature = names.join('\u0000');
    if (signature === this.#last) return;
    this.#last = signature;
    for (const name of names) if (this.#names.size < MAX_COLUMNS) this.#names.add(name);
  }

  /** Null where there was none. */
  get names(): readonly string[] | null {
    return this.#names.size === 0 ? null : [...this.#names];
  }
}
