/** What the commands have in common: their options, the client, how answers are printed. */
import { OmtxClient } from '@omtx/client';
import type { SubmitAnswer } from '@omtx/contract';
import { Option, type Command } from 'commander';

export interface Common {
  readonly url: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export function common(command: Command): Command {
  return command
    .addOption(new Option('--url <address>', 'address of the hub').env('OMTX_URL').default('http://127.0.0.1:8000'))
    .option('--json', 'machine-readable')
    .option('--quiet', 'no progress');
}

export function clientOf({ url }: Common): OmtxClient {
  return new OmtxClient({ baseUrl: url });
}

export function print(options: Common, value: unknown, describe: () => string): void {
  console.log(options.json ? JSON.stringify(value, undefined, 2) : describe());
}

export function describeAnswer({ id, jobType, routedBy, rows, rejected, warnings, replayed }: SubmitAnswer): string {
  const kind = jobType === 'individual' ? 'individual job' : `batch of ${String(rows.total)} rows`;
  const lines = [`${replayed ? 'Known already' : 'Accepted'} as ${kind} (rule ${routedBy}): ${id}`];
  if (rows.rejected > 0 || rows.reused > 0)
    lines.push(`${String(rows.accepted)} accepted, ${String(rows.rejected)} rejected, ${String(rows.reused)} repeated`);
  for (const each of rejected)
    lines.push(`  ${each.line === null ? `row ${String(each.index)}` : `line ${String(each.line)}`}: ${each.message}`);
  return [...lines, ...warnings.map((warning) => `Warning: ${warning}`)].join('\n');
}
