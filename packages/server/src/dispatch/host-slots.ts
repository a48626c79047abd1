/** How many rows of each model a host may have in work at once, and on what: its own CPUs and GPUs, or slots elsewhere. */
import type { InstalledModel } from '../catalog/registry.ts';
import { hardwareOf, HostCapacity, type Gpu, type Room, type Share } from '../domain/host-capacity.ts';
import { RemoteSlots, type RemotePool } from '../domain/remote-slots.ts';
import { baseUrlOf } from '../runners/http/endpoint.ts';

/** What a run has until it gives it back. */
export interface HostShare extends Share {
  /** Name of the pool elsewhere; undefined where it runs on this host. */
  readonly pool: string | undefined;
  readonly slots: number;
}

export class HostSlots {
  readonly #capacity: HostCapacity;
  readonly #remote = new RemoteSlots();
  readonly #slurmSlots: number;

  /** @param slurmSlots most jobs of Slurm that runs of this host have at once */
  constructor(cpus: number, gpus: readonly Gpu[], slurmSlots = 0) {
    this.#capacity = new HostCapacity(cpus, gpus);
    this.#slurmSlots = slurmSlots;
  }

  get cpus(): number {
    return this.#capacity.cpus;
  }

  get gpus(): readonly Gpu[] {
    return this.#capacity.gpus;
  }

  /** Rows of a model at once when nothing else runs; 0 where the host lacks the GPUs. */
  slotsOf(model: InstalledModel): number {
    return this.#poolOf(model)?.slots ?? this.#capacity.slotsOf(model.manifest.resources);
  }

  /** Whether a run of the model takes GPUs of this host, and cannot do without. */
  needsGpu(model: InstalledModel): boolean {
    return this.#poolOf(model) === undefined && model.manifest.resources.gpus > 0;
  }

  /** What a run of a model could have now; see `HostCapacity.room`. */
  room(model: InstalledModel, mayTakeGpu: boolean): Room | undefined {
    const pool = this.#poolOf(model);
    if (!pool) return this.#capacity.room(model.manifest.resources, mayTakeGpu);
    const slots = this.#remote.free(pool);
    return slots > 0 ? { slots, gpus: 0 } : undefined;
  }

  take(model: InstalledModel, key: string, room: Room): HostShare {
    const pool = this.#poolOf(model);
    const { slots } = room;
    if (!pool) return { ...this.#capacity.take(key, model.manifest.resources, room), pool: undefined, slots };
    this.#remote.take(pool.name, slots);
    return { cpus: 0, gpus: [], pool: pool.name, slots };
  }

  giveBack(share: HostShare): void {
    if (share.pool === undefined) this.#capacity.giveBack(share);
    else this.#remote.giveBack(share.pool, share.slots);
  }

  /** What its rows would run on, where times are compared. */
  offeredHardware(model: InstalledModel): string {
    const { resources } = model.manifest;
    return this.hardwareOf(model, this.gpus.slice(0, resources.gpus > 0 ? resources.gpus : resources.gpuHelps === true ? 1 : 0));
  }

  /** What its rows run on with these GPUs. */
  hardwareOf(model: InstalledModel, gpus: readonly Gpu[]): string {
    return this.#poolOf(model)?.name ?? hardwareOf(this.cpus, gpus);
  }

  /** Name of where its rows run elsewhere; undefined where they run on this host. */
  poolName(model: InstalledModel): string | undefined {
    return this.#poolOf(model)?.name;
  }

  #poolOf({ manifest, settings }: InstalledModel): RemotePool | undefined {
    const { runner } = manifest;
    if (runner.kind === 'slurm') return { name: 'slurm', slots: this.#slurmSlots };
    if (runner.kind !== 'http') return undefined;
    const url = baseUrlOf(runner, settings);
    return { name: URL.canParse(url) ? new URL(url).host : url, slots: runner.concurrency };
  }
}

/** Whether the rows of a model run elsewhere than on this host. */
export function isRemote({ manifest }: InstalledModel): boolean {
  return manifest.runner.kind === 'http' || manifest.runner.kind === 'slurm';
}
