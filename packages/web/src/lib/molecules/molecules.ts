/**
 * The page's side of the molecule workers: pictures by SMILES from a cache, what was asked last first, and what nobody looks at any
 * more not at all. Two workers at most: 640 pictures a second each.
 */
import type { Description, DrawRequest, MoleculeAnswer, MoleculeRequest, ReadMolecule } from './messages.ts';
import type { RGroupRow } from './rdkit-series.ts';

const CACHED_PICTURES = 3_000;
/** Requests that a worker holds; the rest wait here, where they can be dropped. */
const IN_WORK = 6;
const READ_CHUNK = 200;

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;
export type Drawing = Omit<DrawRequest, 'id' | 'kind'>;

interface Waiting {
  readonly request: WithoutId<MoleculeRequest>;
  readonly resolve: (answer: MoleculeAnswer) => void;
  readonly isWanted: () => boolean;
}

class MoleculeWorkers {
  readonly #workers: { readonly worker: Worker; inWork: number }[] = [];
  readonly #waiting: Waiting[] = [];
  readonly #asked = new Map<number, { readonly resolve: (answer: MoleculeAnswer) => void; readonly slot: { inWork: number } }>();
  #nextId = 1;

  ask(request: WithoutId<MoleculeRequest>, isWanted: () => boolean = () => true): Promise<MoleculeAnswer> {
    return new Promise((resolve) => {
      this.#waiting.push({ request, resolve, isWanted });
      this.#send();
    });
  }

  #send(): void {
    for (let slot = this.#freeSlot(); slot && this.#waiting.length > 0; slot = this.#freeSlot()) {
      const next = this.#waiting.pop();
      if (!next?.isWanted()) continue;
      const id = this.#nextId++;
      slot.inWork++;
      this.#asked.set(id, { resolve: next.resolve, slot });
      slot.worker.postMessage({ ...next.request, id });
    }
  }

  #freeSlot(): { readonly worker: Worker; inWork: number } | undefined {
    const free = this.#workers.find(({ inWork }) => inWork < IN_WORK);
    if (free || this.#workers.length >= Math.min(2, navigator.hardwareConcurrency)) return free;
    const worker = new Worker(new URL('./rdkit-worker.ts', import.meta.url), { type: 'module', name: 'rdkit' });
    const slot = { worker, inWork: 0 };
    worker.addEventListener('message', ({ data }: MessageEvent<MoleculeAnswer>) => {
      const asked = this.#asked.get(data.id);
      this.#asked.delete(data.id);
      slot.inWork--;
      asked?.resolve(data);
      this.#send();
    });
    this.#workers.push(slot);
    return slot;
  }
}

const workers = new MoleculeWorkers();
/** Address of each drawn picture; null where the molecule cannot be read. */
const pictures = new Map<string, string | null>();

function keyOf({ molecule, width, height, isDark, highlight, core }: Drawing): string {
  return [width, height, isDark, highlight ?? '', core ?? '', molecule].join('\n');
}

/** The picture where it is drawn already; undefined where it is not. */
export function drawnPicture(drawing: Drawing): string | null | undefined {
  return pictures.get(keyOf(drawing));
}

/** Draws where `isWanted` still holds when its turn comes. @returns the address of an SVG, null where the molecule cannot be read */
export async function drawPicture(drawing: Drawing, isWanted: () => boolean): Promise<string | null> {
  const answer = await workers.ask({ kind: 'draw', ...drawing }, isWanted);
  const svg = answer.kind === 'draw' ? answer.svg : null;
  const address = svg === null ? null : `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  pictures.set(keyOf(drawing), address);
  if (pictures.size > CACHED_PICTURES) for (const key of [...pictures.keys()].slice(0, CACHED_PICTURES / 10)) pictures.delete(key);
  return address;
}

/** Canonical SMILES or the reason for each, in order. */
export async function readMolecules(
  molecules: readonly string[],
  largestFragment: boolean,
  signal?: AbortSignal,
): Promise<readonly ReadMolecule[]> {
  const chunks: Promise<MoleculeAnswer>[] = [];
  for (let from = 0; from < molecules.length; from += READ_CHUNK)
    chunks.push(
      workers.ask({ kind: 'read', molecules: molecules.slice(from, from + READ_CHUNK), largestFragment }, () => signal?.aborted !== true),
    );
  const answers = await Promise.all(chunks);
  return answers.flatMap((answer) => (answer.kind === 'read' ? answer.molecules : []));
}

export async function describeMolecule(molecule: string): Promise<Description | null> {
  const answer = await workers.ask({ kind: 'describe', molecule });
  return answer.kind === 'describe' ? answer.description : null;
}

/** SMILES of the scaffold of each, in order; empty without a ring, null where it cannot be read. */
export async function findScaffolds(molecules: readonly string[], signal: AbortSignal): Promise<readonly (string | null)[]> {
  const chunks: Promise<MoleculeAnswer>[] = [];
  for (let from = 0; from < molecules.length; from += READ_CHUNK)
    chunks.push(workers.ask({ kind: 'scaffolds', molecules: molecules.slice(from, from + READ_CHUNK) }, () => !signal.aborted));
  const answers = await Promise.all(chunks);
  return answers.flatMap((answer) => (answer.kind === 'scaffolds' ? answer.scaffolds : []));
}

/** Molecules that hold the core, taken apart; null where the core cannot be read. */
export async function findRGroups(core: string, molecules: readonly string[]): Promise<readonly RGroupRow[] | null> {
  const answer = await workers.ask({ kind: 'rgroups', core, molecules });
  return answer.kind === 'rgroups' ? answer.rows : null;
}
