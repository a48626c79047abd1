/** The package has no types of its own. */
declare module 'zip-stream' {
  import type { Readable } from 'node:stream';

  export default class ZipStream extends Readable {
    constructor(options?: { readonly level?: number; readonly forceZip64?: boolean });
    entry(
      source: Readable | Buffer | string,
      data: { readonly name: string; readonly date?: Date; readonly store?: boolean },
      callback: (error?: Error) => void,
    ): this;
    finish(): void;
  }
}
