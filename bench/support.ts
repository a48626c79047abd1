/** What all benches need: the machine in words, medians, and one JSON line per claim, printed and kept in `bench/results/`. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';

const RESULTS = join(import.meta.dirname, 'results');

export interface Claim {
  readonly claim: string;
  readonly value: number;
  readonly unit: string;
  /** Repetitions. */
  readonly n: number;
  readonly sizes: Readonly<Record<string, unknown>>;
  readonly versions: Readonly<Record<string, string>>;
  /** All measurements, in the order in which they were made. */
  readonly samples: Readonly<Record<string, readonly number[]>>;
  /** What a reader must know to read the value rightly. */
  readonly notes?: string;
}

export function tell(claim: Claim): void {
  const line = JSON.stringify({
    ...claim,
    commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim(),
    machine: `${cpus()[0]?.model ?? 'unknown CPU'}, ${String(cpus().length)} CPUs, ${(totalmem() / 1024 ** 3).toFixed(0)} GiB`,
    at: new Date().toISOString(),
  });
  console.log(line);
  mkdirSync(RESULTS, { recursive: true });
  appendFileSync(join(RESULTS, `${claim.claim.split('.')[0] ?? 'other'}.jsonl`), `${line}\n`);
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** @param share 0..1; the nearest rank */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export function round(value: number, digits = 3): number {
  return Number(value.toPrecision(digits + 1));
}

/** Milliseconds of a piece of work. */
export async function time(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
