/** Limits of a model, checked before any work starts. */
import type { LimitRule, Rejection } from '@omtx/contract';
import { complexFault } from './complex.ts';
import { isRecord, valueAt, type FreeObject } from './free-object.ts';
import { atomsOfMolblock } from './input-size.ts';

/** What the rules on molecules look at, after the model's own cleaning. */
export interface MoleculeFacts {
  readonly heavyAtoms: number;
  readonly rotatableBonds: number;
  /** Element symbols, each once. */
  readonly elements: readonly string[];
}

/** What there is to check: a row's molecule, an input (shared or own) that pointers of rules go into, or both. */
export interface LimitSubject {
  readonly taskType: string;
  readonly molecule?: MoleculeFacts | undefined;
  readonly input?: FreeObject;
}

/**
 * The first rule that is broken. A rule of another task, or whose subject is not there (no molecule, nothing at its pointer), is passed
 * over, so that shared and own input can be checked at different times.
 */
export function checkLimits(modelId: string, limits: readonly LimitRule[], subject: LimitSubject): Rejection | undefined {
  for (const rule of limits) {
    if (rule.tasks !== undefined && !rule.tasks.includes(subject.taskType)) continue;
    const message = breachOf(modelId, rule, subject);
    if (message !== undefined) return { code: 'rejected_limit', message };
  }
  return undefined;
}

const CHANGE_MOLECULE = 'Change the molecule or choose another model.';
const CHANGE_INPUT = 'Leave some out or choose another model.';

function breachOf(modelId: string, rule: LimitRule, { molecule, input, taskType }: LimitSubject): string | undefined {
  const value = 'pointer' in rule && input ? valueAt(input, rule.pointer) : undefined;
  switch (rule.rule) {
    case 'heavy_atoms':
      return molecule && outside(modelId, rule, 'heavy atoms', 'the molecule', molecule.heavyAtoms, CHANGE_MOLECULE);
    case 'rotatable_bonds':
      return molecule && outside(modelId, rule, 'rotatable bonds', 'the molecule', molecule.rotatableBonds, CHANGE_MOLECULE);
    case 'elements':
      return molecule && unknownElements(modelId, rule.allowed, molecule.elements);
    case 'residues':
      return longChain(modelId, rule, value);
    case 'total_residues':
      return value === undefined ? undefined : outside(modelId, rule, 'residues', 'the input', totalResidues(value), CHANGE_INPUT);
    case 'copies':
      return Array.isArray(value) ? outside(modelId, rule, 'molecules', 'the input', sum(value.map(copiesOf)), CHANGE_INPUT) : undefined;
    case 'structure_atoms':
      return typeof value === 'string'
        ? outside(modelId, rule, 'atoms', 'the structure', countAtoms(value), 'Give a part of it, or other chains.')
        : undefined;
    case 'sdf_records':
      return typeof value === 'string' ? outside(modelId, rule, 'poses', 'the SDF', recordsOf(value).length, 'Split the SDF.') : undefined;
    case 'sdf_atoms':
      return typeof value === 'string' ? oddRecord(modelId, rule, value) : undefined;
    case 'molecule_kinds':
      return unknownKinds(modelId, taskType, rule.allowed, value);
    case 'letters':
      return oddLetter(modelId, rule.kind, value);
    case 'complex':
      return complexFault(input);
    default:
      return rule satisfies never;
  }
}

function totalResidues(value: unknown): number {
  const copies = Array.isArray(value) ? value.map(copiesOf) : [1];
  return sum((Array.isArray(value) ? value : [value]).map((entry, index) => residuesOf(entry) * (copies[index] ?? 1)));
}

function residuesOf(entry: unknown): number {
  const sequence = isRecord(entry) ? entry['sequence'] : entry;
  return typeof sequence === 'string' ? lettersOf(sequence) : 0;
}

/** White space, gaps and stops are no residues. */
function lettersOf(sequence: string): number {
  return sequence.replaceAll(/[\s*-]/g, '').length;
}

function copiesOf(entry: unknown): number {
  const copies = isRecord(entry) ? entry['copies'] : undefined;
  return typeof copies === 'number' ? copies : 1;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Of the first model. */
function countAtoms(pdb: string): number {
  const [first = ''] = pdb.split(/^ENDMDL/m);
  return first.match(/^(ATOM  |HETATM)/gm)?.length ?? 0;
}

/** What stands behind the last separator is a record only if it has text. */
function recordsOf(sdf: string): readonly string[] {
  const records = sdf.split(/^\$\$\$\$[^\S\n]*\r?\n?/m);
  return records.at(-1)?.trim() === '' ? records.slice(0, -1) : records;
}

function oddRecord(modelId: string, bounds: Bounds, sdf: string): string | undefined {
  for (const [index, record] of recordsOf(sdf).entries()) {
    const atoms = atomsOfMolblock(record);
    // A record that cannot be read is refused by the model, with its own words.
    const message = atoms === 0 ? undefined : outside(modelId, bounds, 'atoms', `pose ${String(index + 1)}`, atoms, CHANGE_MOLECULE);
    if (message !== undefined) return message;
  }
  return undefined;
}

function unknownKinds(modelId: string, taskType: string, allowed: readonly string[], value: unknown): string | undefined {
  if (!Array.isArray(value)) return undefined;
  const kinds = value.flatMap((entry: unknown) => (isRecord(entry) && typeof entry['type'] === 'string' ? [entry['type']] : []));
  const unknown = [...new Set(kinds.filter((kind) => !allowed.includes(kind)))];
  if (unknown.length === 0) return undefined;
  return `Model "${modelId}" takes ${allowed.join(', ')} for ${taskType}, not ${unknown.join(', ')}. ${CHANGE_INPUT}`;
}

interface Bounds {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

function outside(modelId: string, { min, max }: Bounds, what: string, subject: string, count: number, remedy: string): string | undefined {
  if (max !== undefined && count > max)
    return `Model "${modelId}" takes at most ${counted(max, what)}; ${subject} has ${String(count)}. ${remedy}`;
  if (min !== undefined && count < min)
    return `Model "${modelId}" takes at least ${counted(min, what)}; ${subject} has ${String(count)}. ${remedy}`;
  return undefined;
}

/** @param many plural that ends in `s` */
function counted(count: number, many: string): string {
  return `${String(count)} ${count === 1 ? many.slice(0, -1) : many}`;
}

function unknownElements(modelId: string, allowed: readonly string[], elements: readonly string[]): string | undefined {
  const unknown = elements.filter((element) => !allowed.includes(element));
  if (unknown.length === 0) return undefined;
  return `Model "${modelId}" does not know ${unknown.join(', ')}; it takes ${allowed.join(', ')}. Change the molecule or choose another model.`;
}

function longChain(modelId: string, bounds: Bounds, value: unknown): string | undefined {
  for (const { subject, sequence } of chainsOf(value)) {
    const residues = lettersOf(sequence);
    const remedy =
      bounds.max !== undefined && residues > bounds.max
        ? 'Split the chain or choose another model.'
        : 'Give the whole chain or choose another model.';
    const message = outside(modelId, bounds, 'residues', subject, residues, remedy);
    if (message !== undefined) return message;
  }
  return undefined;
}

type PolymerKind = Extract<LimitRule, { rule: 'letters' }>['kind'];

/** X and N stand for a residue or base that is not known. */
const LETTERS: Readonly<Record<PolymerKind, string>> = { protein: 'ACDEFGHIKLMNPQRSTVWYX', dna: 'ACGTN', rna: 'ACGUN' };

function oddLetter(modelId: string, otherwise: PolymerKind, value: unknown): string | undefined {
  for (const { subject, sequence, kind } of chainsOf(value)) {
    const letters = sequence.replaceAll(/\s/g, '').toUpperCase();
    const allowed = LETTERS[kind ?? otherwise];
    const place = [...letters].findIndex((letter) => !allowed.includes(letter));
    if (place >= 0)
      return `Model "${modelId}" does not know the letter ${letters[place] ?? ''} at position ${String(place + 1)} of ${subject} (${kind ?? otherwise}); it takes ${allowed}.`;
  }
  return undefined;
}

function isPolymerKind(value: unknown): value is PolymerKind {
  return typeof value === 'string' && Object.hasOwn(LETTERS, value);
}

interface NamedChain {
  readonly subject: string;
  readonly sequence: string;
  readonly kind?: PolymerKind;
}

/** A sequence, or a list of sequences and of `{ id?, type?, sequence }`; chains without an id are called A, B, C ... */
function chainsOf(value: unknown): readonly NamedChain[] {
  if (typeof value === 'string') return [{ subject: 'the sequence', sequence: value }];
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry: unknown, index) => {
    const sequence = isRecord(entry) ? entry['sequence'] : entry;
    if (typeof sequence !== 'string') return [];
    const id =
      isRecord(entry) && typeof entry['id'] === 'string' ? entry['id'] : index < 26 ? String.fromCodePoint(65 + index) : String(index + 1);
    const kind = isRecord(entry) && isPolymerKind(entry['type']) ? { kind: entry['type'] } : {};
    return [{ subject: `chain ${id}`, sequence, ...kind }];
  });
}
