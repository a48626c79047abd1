/**
 * What is written down of work elsewhere, so that it survives this process: before a request is sent, when it is taken, and with its
 * answer. A later run of the same rows under the same attempts finds it and goes on, so nothing is computed or paid twice.
 */
import { randomUUID } from 'node:crypto';
import type { JobId } from '@omtx/contract';
import type { NewRemoteTask, RemoteRow, RemoteTask } from '../domain/remote-task.ts';

export interface RemoteLedger {
  /** Tasks that stand for any of the rows, each with all of its rows. */
  tasksOf(batchId: JobId, rows: readonly RemoteRow[]): Promise<readonly RemoteTask[]>;
  /** Durable when it resolves. @returns undefined when the run is over, or a task stands for one of the rows */
  begin(task: NewRemoteTask): Promise<RemoteTask | undefined>;
  /** The other side has taken it and calls it so. */
  accept(taskId: string, remoteId: string): Promise<void>;
  /** Nothing is left to be stopped there. */
  end(taskId: string): Promise<void>;
  /** Keeps an answer as it came; the task has ended with it. */
  keepAnswer(taskId: string, answer: Uint8Array): Promise<void>;
  readAnswer(task: RemoteTask): Promise<Buffer>;
  /** These rows of the task will not be told by it: who has them next begins them anew. */
  leave(taskId: string, rows: readonly RemoteRow[]): Promise<void>;
  /** Indexes of rows of the task that nobody waits for any more. */
  unwantedRowsOf(taskId: string): Promise<readonly number[]>;
}

/** For a run that no other process goes on with: the test of a model, without a database. */
export class MemoryLedger implements RemoteLedger {
  readonly #tasks = new Map<string, RemoteTask>();
  readonly #acceptedAtMs = new Map<string, number>();
  readonly #answers = new Map<string, Buffer>();

  tasksOf(batchId: JobId, rows: readonly RemoteRow[]): Promise<readonly RemoteTask[]> {
    const has = (task: RemoteTask): boolean =>
      task.rows.some((mine) => rows.some(({ index, attempt }) => mine.index === index && mine.attempt === attempt));
    const found = [...this.#tasks.values()].filter((task) => task.batchId === batchId && has(task));
    return Promise.resolve(found.map((task) => ({ ...task, acceptedSecondsAgo: this.#secondsSince(task.id) })));
  }

  async begin({ runId: _, ...given }: NewRemoteTask): Promise<RemoteTask | undefined> {
    if ((await this.tasksOf(given.batchId, given.rows)).length > 0) return undefined;
    const nothing = { remoteId: undefined, isEnded: false, answerSha256: undefined, acceptedSecondsAgo: undefined };
    const task: RemoteTask = { ...given, ...nothing, id: randomUUID() };
    this.#tasks.set(task.id, task);
    return task;
  }

  accept(taskId: string, remoteId: string): Promise<void> {
    this.#acceptedAtMs.set(taskId, performance.now());
    return this.#change(taskId, { remoteId });
  }

  end(taskId: string): Promise<void> {
    return this.#change(taskId, { isEnded: true });
  }

  keepAnswer(taskId: string, answer: Uint8Array): Promise<void> {
    this.#answers.set(taskId, Buffer.from(answer));
    return this.#change(taskId, { isEnded: true, answerSha256: taskId });
  }

  readAnswer({ id }: RemoteTask): Promise<Buffer> {
    const answer = this.#answers.get(id);
    return answer ? Promise.resolve(answer) : Promise.reject(new Error(`no answer of task ${id} was kept`));
  }

  leave(taskId: string, left: readonly RemoteRow[]): Promise<void> {
    const rows = (this.#tasks.get(taskId)?.rows ?? []).filter(({ index }) => !left.some((row) => row.index === index));
    return this.#change(taskId, { rows });
  }

  unwantedRowsOf(): Promise<readonly number[]> {
    return Promise.resolve([]);
  }

  #change(taskId: string, change: Partial<RemoteTask>): Promise<void> {
    const task = this.#tasks.get(taskId);
    if (task) this.#tasks.set(taskId, { ...task, ...change });
    return Promise.resolve();
  }

  #secondsSince(taskId: string): number | undefined {
    const acceptedAtMs = this.#acceptedAtMs.get(taskId);
    return acceptedAtMs === undefined ? undefined : (performance.now() - acceptedAtMs) / 1_000;
  }
}
