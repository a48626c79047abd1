/** The ledger of work elsewhere, in the database and the store of files. A fault that passes is waited out: what is lost here is paid twice. */
import { buffer } from 'node:stream/consumers';
import type { JobId } from '@omtx/contract';
import type { Logger } from 'pino';
import type { NewRemoteTask, RemoteRow, RemoteTask } from '../domain/remote-task.ts';
import type { RemoteLedger } from '../runners/remote-ledger.ts';
import type { ArtifactStore } from '../storage/artifacts/artifact-store.ts';
import type { Database } from '../storage/database.ts';
import {
  acceptRemoteTask,
  beginRemoteTask,
  endRemoteTask,
  findRemoteTasks,
  leaveRemoteTask,
  unwantedRowsOf,
} from '../storage/runs/remote-tasks.ts';
import { outlastFaults } from './outlast-faults.ts';

export interface LedgerParts {
  readonly db: Database;
  readonly artifacts: ArtifactStore;
  readonly log: Logger;
}

export class DatabaseLedger implements RemoteLedger {
  readonly #parts: LedgerParts;

  constructor(parts: LedgerParts) {
    this.#parts = parts;
  }

  tasksOf(batchId: JobId, rows: readonly RemoteRow[]): Promise<readonly RemoteTask[]> {
    return findRemoteTasks(this.#parts.db, batchId, rows);
  }

  begin(task: NewRemoteTask): Promise<RemoteTask | undefined> {
    return beginRemoteTask(this.#parts.db, task);
  }

  accept(taskId: string, remoteId: string): Promise<void> {
    return this.#outlasting(taskId, () => acceptRemoteTask(this.#parts.db, taskId, remoteId));
  }

  end(taskId: string): Promise<void> {
    return this.#outlasting(taskId, () => endRemoteTask(this.#parts.db, taskId));
  }

  async keepAnswer(taskId: string, answer: Uint8Array): Promise<void> {
    await this.#outlasting(taskId, async () => {
      const { sha256 } = await this.#parts.artifacts.put(answer);
      await endRemoteTask(this.#parts.db, taskId, sha256);
    });
  }

  async readAnswer({ id, answerSha256 }: RemoteTask): Promise<Buffer> {
    if (answerSha256 === undefined) throw new Error(`no answer of task ${id} was kept`);
    return buffer((await this.#parts.artifacts.open(answerSha256)).stream);
  }

  leave(taskId: string, rows: readonly RemoteRow[]): Promise<void> {
    return this.#outlasting(taskId, () => leaveRemoteTask(this.#parts.db, taskId, rows));
  }

  unwantedRowsOf(taskId: string): Promise<readonly number[]> {
    return unwantedRowsOf(this.#parts.db, taskId);
  }

  #outlasting(taskId: string, work: () => Promise<void>): Promise<void> {
    return outlastFaults(work, (error) => {
      this.#parts.log.warn(
        { event: 'remote_delayed', taskId, err: error },
        'what is known of work elsewhere is not stored yet; it is tried again',
      );
    });
  }
}
