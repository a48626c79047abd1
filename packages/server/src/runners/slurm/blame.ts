/** Why a job ended without telling all of its rows, as a failure of the row that it had in work. Pure. */
import type { Failure } from '@omtx/contract';
import { speaksOfMemory } from '../speaks-of-memory.ts';
import type { TaskState } from './job-state.ts';

export interface EndedJob {
  readonly jobId: string;
  readonly part: number;
  /** Undefined where Slurm knows nothing of it any more. */
  readonly state: TaskState | undefined;
  /** No row of the part was told before. */
  readonly isFirst: boolean;
  /** The end of what program and Slurm printed. */
  readonly output: string;
}

/** In the words of slurmstepd: with cgroups, and by the accounting of a job without them. */
const MEMORY = /exceeded memory limit|oom[-_ ]kill|out of memory/i;

export function blameOf({ jobId, part, state, isFirst, output }: EndedJob): Failure {
  const job = `Job ${jobId}_${String(part)}`;
  const said = output === '' ? '' : ` Its output ends: ${output}`;
  if (!state) return { code: 'worker_lost', message: `${job} ended, and Slurm does not know it any more.${said}` };
  if (state.state === 'OUT_OF_MEMORY' || MEMORY.test(output) || speaksOfMemory(output))
    return { code: 'out_of_memory', message: `${job} needed more memory than it had asked for.${said}` };
  // One of many rows was begun late: it had not the time that it may take.
  if (state.state === 'TIMEOUT' || state.state === 'DEADLINE')
    return {
      code: isFirst ? 'timeout' : 'worker_lost',
      message: `${job} came to its time limit (${state.state}).${isFirst ? ' A longer one is maxMinutes of the model, or of the partition.' : ''}${said}`,
    };
  return { code: 'worker_lost', message: `${job} ended as ${howOf(state)}.${said}` };
}

function howOf({ state, exitCode, signal, reason }: TaskState): string {
  const how =
    signal !== undefined && signal > 0 ? `signal ${String(signal)}` : exitCode === undefined ? '' : `exit code ${String(exitCode)}`;
  return [state, ...(how === '' ? [] : [`(${how})`]), ...(reason === '' || reason === 'None' ? [] : [reason])].join(' ');
}
