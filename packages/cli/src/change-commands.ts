/** Commands that change a job: cancel, retry, pause, resume, clone. */
import type { CloneJob, JobSummary, RetryJob } from '@omtx/contract';
import { Command, Option } from 'commander';
import { clientOf, common, describeAnswer, print, type Common } from './command-options.ts';
import { UsageError } from './exit-codes.ts';
import { readParameters } from './submission.ts';

interface Choice extends Common {
  readonly rows?: string;
  readonly status?: 'failed' | 'cancelled' | 'all';
}

interface Changes {
  readonly param?: readonly string[];
  readonly timeout?: string;
}

export function changeCommands(): readonly Command[] {
  return [cancelCommand(), retryCommand(), pauseCommand(), resumeCommand(), cloneCommand(), recountCommand()];
}

function cancelCommand(): Command {
  return common(new Command('cancel').description('cancel a job, a child by its id, or rows; what has ended stays').argument('<id>', 'job'))
    .option('--rows <list>', 'only these rows, such as 0,4,10-20')
    .action(async (id: string, options: Choice) => {
      const rows = rowsOf(options);
      const job = await clientOf(options).cancelJob(id, rows === undefined ? null : { rows });
      print(
        options,
        job,
        () => `Job ${job.id} is ${job.status}: ${String(job.progress.completed)} completed, ${String(job.progress.cancelled)} cancelled.`,
      );
    });
}

function retryCommand(): Command {
  return common(new Command('retry').description('run failed rows of a job again; earlier attempts are kept').argument('<id>', 'job'))
    .option('--rows <list>', 'only these rows, such as 0,4,10-20')
    .addOption(new Option('--status <status>', 'which rows; failed where no rows are named').choices(['failed', 'cancelled', 'all']))
    .option('--code <code...>', 'only rows that failed with these codes')
    .option('--param <name=value...>', 'changed parameter of the model, for this retry only')
    .option('--timeout <seconds>', 'changed time limit of a row')
    .option('--memory-gib <number>', 'changed memory limit of a row')
    .option('--alone', 'each row with no other in the same process')
    .action(async (id: string, options: Choice & Changes & { code?: string[]; memoryGib?: string; alone?: boolean }) => {
      const rows = rowsOf(options);
      const resources = {
        ...(options.memoryGib !== undefined && { memoryBytes: Math.round(positive('--memory-gib', options.memoryGib) * 1024 ** 3) }),
        ...(options.alone === true && { alone: true }),
      };
      const wish: RetryJob = {
        ...(rows && { rows }),
        ...(options.status && { status: options.status }),
        ...(options.code && { codes: options.code }),
        ...changesOf(options),
        ...(Object.keys(resources).length > 0 && { resources }),
      };
      const answer = await clientOf(options).retryJob(id, wish);
      print(
        options,
        answer,
        () => `${plural(answer.retried, 'row')} of job ${answer.job.id} run again. "omtx watch ${answer.job.id}" shows them.`,
      );
    });
}

function pauseCommand(): Command {
  return common(new Command('pause').description('start no further row of a job; rows that run end').argument('<id>', 'job')).action(
    async (id: string, options: Common) => {
      const job = await clientOf(options).pauseJob(id);
      print(options, job, () => `Job ${job.id} is paused: ${describeOpen(job)}. "omtx resume ${job.id}" lets it go on.`);
    },
  );
}

function resumeCommand(): Command {
  return common(new Command('resume').description('let a paused job go on').argument('<id>', 'job')).action(
    async (id: string, options: Common) => {
      const job = await clientOf(options).resumeJob(id);
      print(options, job, () => `Job ${job.id} goes on: ${describeOpen(job)}.`);
    },
  );
}

function cloneCommand(): Command {
  return common(new Command('clone').description('submit the input of a job again as a new job, with changes').argument('<id>', 'job'))
    .option('--rows <list>', 'only these rows, such as 0,4,10-20')
    .addOption(new Option('--status <status>', 'only rows with this status').choices(['completed', 'failed', 'cancelled']))
    .option('--name <text>', 'name of the new job')
    .option('--model <id>', 'another model that answers the same task')
    .option('--param <name=value...>', 'changed parameter of the model')
    .option('--seed <number>', 'seed of every row')
    .option('--timeout <seconds>', 'time limit of a row')
    .option('--max-concurrency <number>', 'rows in flight at once')
    .action(
      async (
        id: string,
        options: Common &
          Changes & {
            rows?: string;
            status?: 'completed' | 'failed' | 'cancelled';
            name?: string;
            model?: string;
            seed?: string;
            maxConcurrency?: string;
          },
      ) => {
        const rows = rowsOf(options);
        const wish: CloneJob = {
          ...(rows && { rows }),
          ...(options.status && { status: options.status }),
          ...(options.name !== undefined && { name: options.name }),
          ...(options.model !== undefined && { modelId: options.model }),
          ...(options.seed !== undefined && { seed: positive('--seed', options.seed) }),
          ...(options.maxConcurrency !== undefined && { maxConcurrency: positive('--max-concurrency', options.maxConcurrency) }),
          ...changesOf(options),
        };
        const answer = await clientOf(options).cloneJob(id, wish);
        print(options, answer, () => describeAnswer(answer));
      },
    );
}

function changesOf({ param, timeout }: Changes) {
  return {
    ...(param && { parameters: readParameters(param) }),
    ...(timeout !== undefined && { timeoutSeconds: positive('--timeout', timeout) }),
  };
}

const MAX_ROWS = 10_000;

/** `0,4,10-20` as indexes; undefined where none are named. */
function rowsOf({ rows }: { readonly rows?: string }): number[] | undefined {
  if (rows === undefined) return undefined;
  const indexes = rows.split(',').flatMap((part) => {
    const [, first = '', last = first] = /^\s*(\d{1,9})(?:-(\d{1,9}))?\s*$/.exec(part) ?? [];
    const count = Number(last) - Number(first) + 1;
    if (first === '' || count < 1 || count > MAX_ROWS)
      throw new UsageError(`--rows takes indexes and ranges such as 0,4,10-20 (at most ${String(MAX_ROWS)} rows), not "${part}".`);
    return Array.from({ length: count }, (_, place) => Number(first) + place);
  });
  return [...new Set(indexes)];
}

function positive(option: string, text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new UsageError(`${option} takes a number above 0, not "${text}".`);
}

function describeOpen({ progress }: JobSummary): string {
  return `${String(progress.running)} running, ${String(progress.pending)} pending of ${String(progress.total)}`;
}

function plural(count: number, word: string): string {
  return `${String(count)} ${word}${count === 1 ? '' : 's'}`;
}

function recountCommand(): Command {
  return common(
    new Command('recount').description('count anew what the hub keeps (counters, statistics), report differences and mend them'),
  ).action(async (options: Common) => {
    const found = await clientOf(options).recount();
    print(options, found, () => {
      const lines = [
        ...found.counters.map(({ jobId, counter, kept, counted }) => `job ${jobId}: ${counter} was ${String(kept)}, is ${String(counted)}`),
        ...found.statistics.map(
          ({ owner, kind, key, kept, counted }) => `${owner} ${kind} ${key}: was ${String(kept)}, is ${String(counted)}`,
        ),
      ];
      return lines.length === 0 ? 'Everything that is kept equals what was counted.' : [...lines, 'All of these are mended.'].join('\n');
    });
  });
}
