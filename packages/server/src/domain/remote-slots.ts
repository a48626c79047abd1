/** Slots that a host has elsewhere: at a model server, in a batch system. They take nothing of its own CPUs and GPUs. No I/O. */
export interface RemotePool {
  readonly name: string;
  /** Most slots that runs of this host have there together. */
  readonly slots: number;
}

export class RemoteSlots {
  readonly #inUse = new Map<string, number>();

  free({ name, slots }: RemotePool): number {
    return Math.max(0, slots - (this.#inUse.get(name) ?? 0));
  }

  take(name: string, slots: number): void {
    this.#inUse.set(name, (this.#inUse.get(name) ?? 0) + slots);
  }

  giveBack(name: string, slots: number): void {
    this.#inUse.set(name, (this.#inUse.get(name) ?? 0) - slots);
  }
}
