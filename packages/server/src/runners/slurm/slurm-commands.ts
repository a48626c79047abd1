/** What the hub asks of Slurm, by its own commands: they are on every login node, in every version, and need no account database. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { readJobcomp, readSqueue, type TaskState } from './job-state.ts';

export interface SlurmAccess {
  /** Where its commands are, as in PATH. */
  readonly programPath: string;
  /** SLURM_CONF, where it is not in the usual place. */
  readonly configFile: string | undefined;
}

interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const LIMIT_MS = 60_000;
const MIB = 1024 ** 2;

export class SlurmCommands {
  readonly #access: SlurmAccess;
  #jobcompFile: Promise<string | undefined> | undefined;

  constructor(access: SlurmAccess) {
    this.#access = access;
  }

  /** @returns the id of the job, or in `refusal` why Slurm does not take it */
  async submit(args: readonly string[]): Promise<{ readonly jobId: string } | { readonly refusal: string }> {
    const { code, stdout, stderr } = await this.#run('sbatch', ['--parsable', ...args]);
    // `id`, or `id;cluster` in a federation.
    const [jobId = ''] = stdout.trim().split(';');
    return code === 0 && /^\d+$/.test(jobId) ? { jobId } : { refusal: (stderr || stdout).trim() };
  }

  /** Of jobs by id or by name. Undefined while Slurm does not answer; nothing of a job that it has forgotten. */
  async statesOf(which: { readonly jobId: string } | { readonly name: string }): Promise<readonly TaskState[] | undefined> {
    const chosen = 'jobId' in which ? `--jobs=${which.jobId}` : `--name=${which.name}`;
    const { code, stdout, stderr } = await this.#run('squeue', ['--json', '--me', '--states=all', chosen]);
    const isForgotten = code !== 0 && /invalid job id/i.test(stderr);
    const told = code === 0 ? readSqueue(stdout) : isForgotten ? [] : undefined;
    if (told === undefined) return undefined;
    const mine = told.filter((task) => ('jobId' in which ? task.jobId === which.jobId : task.name === which.name));
    if (mine.length > 0) return mine;
    return (await this.#finished()).filter((task) => ('jobId' in which ? task.jobId === which.jobId : task.name === which.name));
  }

  /** Stops all tasks of jobs of this name; no fault where there is none. @returns false when Slurm did not hear it */
  async cancel(name: string): Promise<boolean> {
    return (await this.#run('scancel', [`--name=${name}`])).code === 0;
  }

  /** Slurm forgets finished jobs after minutes; where it writes a file of them, that is read. */
  async #finished(): Promise<readonly TaskState[]> {
    this.#jobcompFile ??= this.#findJobcomp();
    const file = await this.#jobcompFile;
    if (file === undefined) return [];
    return readJobcomp(await readFile(file, 'utf8').catch(() => '')); // On another machine, or not for us to read.
  }

  async #findJobcomp(): Promise<string | undefined> {
    const { stdout } = await this.#run('scontrol', ['show', 'config']);
    const value = (name: string): string | undefined => new RegExp(`^${name}\\s*=\\s*(.*)$`, 'm').exec(stdout)?.[1]?.trim();
    return value('JobCompType') === 'jobcomp/filetxt' ? value('JobCompLoc') : undefined;
  }

  /** With nothing of the hub's own environment: sbatch hands on what it has. */
  #run(program: string, args: readonly string[]): Promise<Said> {
    const { programPath, configFile } = this.#access;
    const env = { PATH: programPath, ...(configFile === undefined ? {} : { SLURM_CONF: configFile }) };
    return new Promise((resolve) => {
      const child = execFile(program, [...args], { env, timeout: LIMIT_MS, maxBuffer: 256 * MIB }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : (child.exitCode ?? 1), stdout, stderr: stderr === '' && error ? error.message : stderr });
      });
    });
  }
}
