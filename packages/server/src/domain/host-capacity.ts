/** CPUs and GPUs of one worker host, and which run has which of them. No I/O. */

export interface Gpu {
  /** As `CUDA_VISIBLE_DEVICES` names it, in the order of the PCI bus. */
  readonly device: string;
  readonly name: string;
}

/** What the rows of a model take, by its manifest. */
export interface RowResources {
  readonly cpus: number;
  readonly gpus: number;
  /** It runs without a GPU, and faster with one. */
  readonly gpuHelps?: boolean | undefined;
}

/** What one run could have now. */
export interface Room {
  /** Rows at once; with GPUs always one, because each worker process has GPUs of its own. */
  readonly slots: number;
  readonly gpus: number;
}

/** What a run has until it gives it back. */
export interface Share {
  readonly cpus: number;
  readonly gpus: readonly Gpu[];
}

/** Sums of tenths of CPUs are not exact. */
const ROUNDING = 1e-9;

export class HostCapacity {
  readonly cpus: number;
  readonly gpus: readonly Gpu[];
  #cpusInUse = 0;
  readonly #gpusInUse = new Set<Gpu>();
  /** The model that ran last on a GPU may still be loaded there. */
  readonly #lastModels = new Map<Gpu, string>();

  constructor(cpus: number, gpus: readonly Gpu[]) {
    this.cpus = cpus;
    this.gpus = gpus;
  }

  /** Rows of a model at once when nothing else runs; 0 where the host lacks the GPUs. */
  slotsOf(resources: RowResources): number {
    const byCpus = this.#slotsOn(this.cpus, resources);
    return resources.gpus === 0 ? byCpus : Math.min(byCpus, Math.floor(this.gpus.length / resources.gpus));
  }

  /**
   * What a run of a model could have now.
   * @param mayTakeGpu whether a model that only runs faster with a GPU may have one: not while another waits that cannot do without
   * @returns undefined when it cannot have what it needs
   */
  room(resources: RowResources, mayTakeGpu: boolean): Room | undefined {
    const slots = this.#slotsOn(this.cpus - this.#cpusInUse, resources);
    if (slots === 0) return undefined;
    const free = this.gpus.length - this.#gpusInUse.size;
    if (resources.gpus > 0) return free >= resources.gpus ? { slots: 1, gpus: resources.gpus } : undefined;
    return resources.gpuHelps === true && mayTakeGpu && free > 0 ? { slots: 1, gpus: 1 } : { slots, gpus: 0 };
  }

  /** Takes it for a run; GPUs on which the model may still be loaded go first, then those where nothing is. */
  take(model: string, resources: RowResources, { slots, gpus }: Room): Share {
    const rank = (gpu: Gpu): number => {
      const last = this.#lastModels.get(gpu);
      return last === model ? 0 : last === undefined ? 1 : 2;
    };
    const free = this.gpus.filter((gpu) => !this.#gpusInUse.has(gpu)).toSorted((a, b) => rank(a) - rank(b));
    const taken = free.slice(0, gpus);
    for (const gpu of taken) {
      this.#gpusInUse.add(gpu);
      this.#lastModels.set(gpu, model);
    }
    const cpus = slots * resources.cpus;
    this.#cpusInUse += cpus;
    return { cpus, gpus: this.gpus.filter((gpu) => taken.includes(gpu)) };
  }

  giveBack({ cpus, gpus }: Share): void {
    this.#cpusInUse -= cpus;
    for (const gpu of gpus) this.#gpusInUse.delete(gpu);
  }

  /** A model that wants more CPUs than the machine has runs alone on all of them. */
  #slotsOn(cpus: number, resources: RowResources): number {
    return Math.max(0, Math.floor((cpus + ROUNDING) / Math.min(resources.cpus, this.cpus)));
  }
}

/** What rows ran on, where times are compared: the GPU by its name, or the number of CPUs that a worker may use. */
export function hardwareOf(hostCpus: number, gpus: readonly Gpu[]): string {
  const [first] = gpus;
  return first ? (gpus.length === 1 ? first.name : `${String(gpus.length)} x ${first.name}`) : `${String(hostCpus)} CPUs`;
}
