/** Limits of a model, checked before any work starts. */
import type { LimitRule, Rejection } from '@omtx/contract';
import { isRecord, valueAt, type FreeObject } from './free-object.ts';

/** What the rules on molecules look at, after the model's own cleaning. */
export interface MoleculeFacts {
  readonly heavyAtoms: number;
  readonly rotatableBonds: number;
  /** Element symbols, each once. */
  readonly elements: readonly string[];
}

/** What there is to check: a row's molecule, an input (shared or own) that pointers of rules go into, or both. */
export interface LimitSubject {
  readonly molecule?: MoleculeFacts | undefined;
  readonly input?: FreeObject;
}

/**
 * The first rule that is broken. A rule whose subject is not there (no molecule, nothing at its pointer) is passed over, so that shared
 * and own input can be checked at different times.
 */
export function checkLimits(modelId: string, limits: readonly LimitRule[], subject: LimitSubject): Rejection | undefined {
  for (const rule of limits) {
    const message = breachOf(modelId, rule, subject);
    if (message !== undefined) return { code: 'rejected_limit', message };
  }
  return undefined;
}

function breachOf(modelId: string, rule: LimitRule, { molecule, input }: LimitSubject): string | undefined {
  switch (rule.rule) {
    case 'heavy_atoms':
      return (
        molecule &&
        outside(modelId, rule, 'heavy atoms', 'the molecule', molecule.heavyAtoms, 'Change the molecule or choose another model.')
      );
    case 'rotatable_bonds':
      return (
        molecule &&
        outside(modelId, rule, 'rotatable bonds', 'the molecule', molecule.rotatableBonds, 'Change the molecule or choose another model.')
      );
    case 'elements':
      return molecule && unknownElements(modelId, rule.allowed, molecule.elements);
    case 'residues':
      return input && longChain(modelId, rule, valueAt(input, rule.pointer));
    default:
      return rule satisfies never;
  }
}

interface Bounds {
  readonly min?: number;
  readonly max?: number;
}

function outside(modelId: string, { min, max }: Bounds, what: string, subject: string, count: number, remedy: string): string | undefined {
  if (max !== undefined && count > max)
    return `Model "${modelId}" takes at most ${String(max)} ${what}; ${subject} has ${String(count)}. ${remedy}`;
  if (min !== undefined && count < min)
    return `Model "${modelId}" takes at least ${String(min)} ${what}; ${subject} has ${String(count)}. ${remedy}`;
  return undefined;
}

function unknownElements(modelId: string, allowed: readonly string[], elements: readonly string[]): string | undefined {
  const unknown = elements.filter((element) => !allowed.includes(element));
  if (unknown.length === 0) return undefined;
  return `Model "${modelId}" does not know ${unknown.join(', ')}; it takes ${allowed.join(', ')}. Change the molecule or choose another model.`;
}

function longChain(modelId: string, bounds: Bounds, value: unknown): string | undefined {
  for (const { subject, sequence } of chainsOf(value)) {
    const residues = sequence.replaceAll(/[\s*-]/g, '').length;
    const remedy =
      bounds.max !== undefined && residues > bounds.max
        ? 'Split the chain or choose another model.'
        : 'Give the whole chain or choose another model.';
    const message = outside(modelId, bounds, 'residues', subject, residues, remedy);
    if (message !== undefined) return message;
  }
  return undefined;
}

/** A sequence, or a list of sequences and of `{ id?, sequence }`; chains without an id are called A, B, C ... */
function chainsOf(value: unknown): readonly { readonly subject: string; readonly sequence: string }[] {
  if (typeof value === 'string') return [{ subject: 'the sequence', sequence: value }];
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry: unknown, index) => {
    const sequence = isRecord(entry) ? entry['sequence'] : entry;
    if (typeof sequence !== 'string') return [];
    const id =
      isRecord(entry) && typeof entry['id'] === 'string' ? entry['id'] : index < 26 ? String.fromCodePoint(65 + index) : String(index + 1);
    return [{ subject: `chain ${id}`, sequence }];
  });
}
