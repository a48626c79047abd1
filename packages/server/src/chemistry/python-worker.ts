/** A process with RDKit for Python, of the same version as the WebAssembly build. It speaks lines of JSON (chemistry/read_molecules.py). */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';
import type { ChemistryWorker, StartWorker, WorkerEvents } from './chemistry-worker.ts';
import { plainReason } from './plain-reason.ts';
import { unreadable, type Answer, type Question } from './questions.ts';
import { notAMolecule } from './refusals.ts';

const PROGRAM = join(import.meta.dirname, '..', '..', 'chemistry', 'read_molecules.py');

const Bits = Type.Union([Type.String(), Type.Null()]);
const Reading = Type.Tuple([
  Type.String(),
  Type.Integer(),
  Type.Integer(),
  Type.Array(Type.String()),
  Type.Integer(),
  Bits,
  Type.Union([Type.String(), Type.Null()]),
  Bits,
]);
const ProcessAnswer = Type.Union([Reading, Type.Tuple([Type.String()]), Type.String(), Type.Boolean()]);
const ProcessAnswers = Type.Array(ProcessAnswer);

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
        answered(answersOf(JSON.parse(line)));
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

  post(questions: readonly Question[]): void {
    this.#child.stdin.write(`${JSON.stringify(questions.map(lineOf))}\n`);
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

function lineOf(question: Question): readonly string[] {
  switch (question.ask) {
    case 'read':
      return ['read', (question.smiles ?? '').trim(), question.cleaning, question.more ?? ''];
    case 'pattern':
      return ['pattern', question.text];
    case 'match':
      return ['match', question.smiles, question.pattern];
    default:
      return question satisfies never;
  }
}

/** @throws Error where the process did not speak the protocol */
function answersOf(answers: unknown): readonly Answer[] {
  if (!Value.Check(ProcessAnswers, answers)) throw new Error('the chemistry process did not answer with readings');
  return answers.map(answerOf);
}

function answerOf(answer: Static<typeof ProcessAnswer>): Answer {
  if (typeof answer === 'boolean') return { kind: 'match', isMatch: answer };
  if (typeof answer === 'string') return unreadable(plainReason(answer, 'SMILES'));
  if (answer.length === 1) return { kind: 'pattern', bits: bitsOf(answer[0]) };
  const [canonicalSmiles, heavyAtoms, rotatableBonds, elements, fragments, morgan, inchikey, pattern] = answer;
  const reason = notAMolecule(elements, heavyAtoms);
  if (reason !== undefined) return unreadable(reason);
  return {
    kind: 'molecule',
    canonicalSmiles,
    heavyAtoms,
    rotatableBonds,
    elements,
    fragments,
    ...(morgan === null ? {} : { morgan: bitsOf(morgan) }),
    ...(inchikey === null ? {} : { inchikey }),
    ...(pattern === null ? {} : { pattern: bitsOf(pattern) }),
  };
}

function bitsOf(base64: string): Uint8Array {
  return Buffer.from(base64, 'base64');
}
