/** What a dialect makes of a complex: the request, and a report of what the service would not do as it was asked. */
import type { Note } from '@omtx/contract/protocol';
import type { FreeObject } from '../free-object.ts';

export interface DialectSource {
  /** Shared and own input merged. */
  readonly asked: FreeObject;
  readonly parameters: FreeObject;
  readonly seed: number;
  /** Alignments of the proteins, by sequence. */
  readonly msas: ReadonlyMap<string, string>;
}

export interface Translation {
  readonly body: FreeObject;
  /** Codes `translation_changed` and `translation_lost`; none where the service does all as it was asked. */
  readonly report: readonly Note[];
}

/** The service cannot do it at all; the message says why, and what to do. */
export class Untranslatable extends Error {}

export class Report {
  readonly #notes: Note[] = [];

  get notes(): readonly Note[] {
    return this.#notes;
  }

  changed(message: string): void {
    this.#notes.push({ code: 'translation_changed', message });
  }

  lost(message: string): void {
    this.#notes.push({ code: 'translation_lost', message });
  }

  /** A number within what the service takes. @returns undefined for a parameter that the model does not have */
  within(parameters: FreeObject, name: string, min: number, max: number): number | undefined {
    const value = parameters[name];
    if (typeof value !== 'number') return undefined;
    const taken = Math.min(Math.max(value, min), max);
    if (taken !== value)
      this.changed(`${name} is ${String(taken)} and not ${String(value)}: the service takes ${String(min)} to ${String(max)}.`);
    return taken;
  }

  /** Parameters that the service has no place for, where they are not at the value that is its own. */
  without(parameters: FreeObject, own: Readonly<Record<string, unknown>>): void {
    for (const [name, value] of Object.entries(own))
      if (parameters[name] !== undefined && parameters[name] !== value)
        this.lost(`${name} (${String(parameters[name])}) has no place at the service.`);
  }
}

export function compact(fields: FreeObject): FreeObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
