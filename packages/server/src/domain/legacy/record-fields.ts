/** Values of old records, which were written by many hands: statuses, kinds of job, times, numbers. */
import type { JobStatus, JobType } from '@omtx/contract';
import { isRecord, type FreeObject } from '../free-object.ts';

const STATUSES: Readonly<Record<string, JobStatus>> = {
  pending: 'pending',
  submitted: 'pending',
  queued: 'pending',
  created: 'pending',
  registered: 'pending',
  not_started: 'pending',
  running: 'running',
  processing: 'running',
  in_progress: 'running',
  started: 'running',
  completed: 'completed',
  complete: 'completed',
  success: 'completed',
  succeeded: 'completed',
  completed_reconstructed: 'completed',
  partially_completed: 'completed',
  failed: 'failed',
  error: 'failed',
  failure: 'failed',
  timeout: 'failed',
  cancelled: 'cancelled',
  canceled: 'cancelled',
};

const JOB_TYPES: Readonly<Record<string, JobType>> = {
  individual: 'individual',
  single: 'individual',
  batch_parent: 'batch_parent',
  batch: 'batch_parent',
  batch_child: 'batch_child',
};

/** @returns undefined for a word that says nothing, such as `unknown` */
export function statusOf(value: unknown): JobStatus | undefined {
  return typeof value === 'string' ? STATUSES[value.trim().toLowerCase()] : undefined;
}

export function jobTypeOf(value: unknown): JobType | undefined {
  return typeof value === 'string' ? JOB_TYPES[value.trim().toLowerCase()] : undefined;
}

/** Greater numbers are milliseconds; as seconds this is the year 5138. */
const MILLISECONDS_FROM = 1e11;
const ZONE = /(?:z|[+-]\d{2}:?\d{2})$/i;

/** Epoch seconds or milliseconds, ISO 8601 (UTC where no zone is told), or an exported timestamp of Firestore. */
export function timeOf(value: unknown): Date | undefined {
  if (typeof value === 'number') return dateOf(value > MILLISECONDS_FROM ? value : value * 1_000);
  if (typeof value === 'string') return timeOfText(value.trim());
  if (!isRecord(value)) return undefined;
  const seconds = value['seconds'] ?? value['_seconds'];
  const nanoseconds = value['nanoseconds'] ?? value['_nanoseconds'];
  return typeof seconds === 'number' ? dateOf(seconds * 1_000 + (typeof nanoseconds === 'number' ? nanoseconds / 1e6 : 0)) : undefined;
}

function timeOfText(text: string): Date | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) return timeOf(Number(text));
  if (!/^\d{4}-\d{2}-\d{2}/.test(text)) return undefined;
  const plain = text.replace(' ', 'T');
  return dateOf(Date.parse(plain.includes('T') && !ZONE.test(plain) ? `${plain}Z` : plain));
}

/** The database takes no time beyond the year 294276, nor JavaScript one beyond 275760. */
function dateOf(milliseconds: number): Date | undefined {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) || date.getUTCFullYear() > 9_999 || date.getUTCFullYear() < 1_970 ? undefined : date;
}

/** The first of the fields that holds a text with something in it; numbers count as text. */
export function textIn(record: FreeObject, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = record[name];
    const text = typeof value === 'number' ? String(value) : value;
    if (typeof text === 'string' && text.trim() !== '') return text.trim().replaceAll('\u0000', '');
  }
  return undefined;
}

/** The first of the fields that holds an object with something in it. */
export function objectIn(record: FreeObject, ...names: readonly string[]): FreeObject | undefined {
  for (const name of names) {
    const value = record[name];
    if (isRecord(value) && Object.keys(value).length > 0) return value;
  }
  return undefined;
}

/** A whole number from 0 on, also as text. */
export function indexIn(record: FreeObject, name: string): number | undefined {
  const value = record[name];
  const number = typeof value === 'string' && /^\d{1,9}$/.test(value.trim()) ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) && number >= 0 ? number : undefined;
}

export function listIn(record: FreeObject, name: string): readonly unknown[] {
  const value = record[name];
  return Array.isArray(value) ? value : [];
}
