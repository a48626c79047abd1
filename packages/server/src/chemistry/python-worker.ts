/** A process with RDKit for Python, of the same version as the WebAssembly build. It speaks lines of JSON (chemistry/read_molecules.py). */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import type { ChemistryWorker, StartWorker, WorkerEvents } from './chemistry-worker.ts';
import type { MoleculeQuery, MoleculeReading } from './chemistry.ts';
import { plainReason } from './plain-reason.ts';
import { notAMolecule } from './refusals.ts';

const PROGRAM = join(import.meta.dirname, '..', '..', 'chemistry', 'read_molecules.py');

const Reading = Type.Union([
  Type.Tuple([Type.String(), Type.Integer(), Type.Integer(), Type.Array(Type.String()), Type.Integer()]),
  Type.String(),
]);
const Readings = Type.Array(Reading);

/** @param python interpreter of the hub's chemistry environment */
export function pythonStarter(python: string): StartWorker {
  return (events) => new PythonWorker(python, events);
}

class PythonWorker implements ChemistryWorker {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;

  constructor(python: string, { ready, answered, gone }: WorkerEvents) {
    const child = spawn(python, ['-I', PROGRAM], { stdio: ['pipe', 'pipe', 'ignore'], env: {}, cwd: '/' });
    this.#child = child;
    let fault: Error | undefined;
    let isReady = false;
    const fail = (error: Error): void => {
      fault ??= error;
      child.kill('SIGKILL');
    };
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (!isReady) {
        isReady = true;
        ready();
        return;
      }
      try {
        answered(readingsOf(JSON.parse(line)));
      } catch (error) {
        fail(error instanceof Error ? error : new Error(String(error)));
      }
    });
    child.stdin.on('error', () => undefined); // It is gone, which `close` tells.
    child.once('error', (error) => {
      fault ??= error;
      if (child.pid === undefined) gone(fault);
    });
    child.once('close', () => {
      gone(fault);
    });
  }

  post(queries: readonly MoleculeQuery[]): void {
    this.#child.stdin.write(`${JSON.stringify(queries.map(({ smiles = '', cleaning }) => [smiles.trim(), cleaning]))}\n`);
  }

  ref(): void {
    this.#child.ref();
  }

  unref(): void {
    this.#child.unref();
  }

  async terminate(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null || this.#child.pid === undefined) return;
    const closed = once(this.#child, 'close');
    this.#child.kill('SIGKILL');
    await closed;
  }
}

/** @throws Error where the process did not speak the protocol */
function readingsOf(answer: unknown): readonly MoleculeReading[] {
  if (!Value.Check(Readings, answer)) throw new Error('the chemistry process did not answer with readings');
  return answer.map((reading) => {
    if (typeof reading === 'string') return { kind: 'unreadable', reason: plainReason(reading, 'SMILES') };
    const [canonicalSmiles, heavyAtoms, rotatableBonds, elements, fragments] = reading;
    const reason = notAMolecule(elements, heavyAtoms);
    if (reason !== undefined) return { kind: 'unreadable', reason };
    return { kind: 'molecule', canonicalSmiles, heavyAtoms, rotatableBonds, elements, fragments };
  });
}
