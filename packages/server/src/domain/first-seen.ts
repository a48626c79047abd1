/**
 * Remembers the first place of each identity, for libraries of a million rows: 20 bytes a place in typed arrays (half of them free), where
 * a Map of strings takes some hundred. An identity is kept as 128 bits of a hash, so two different ones are never taken for the same in practice.
 */

const FREE = -1;
const WORDS = 4;

export class FirstSeen {
  #capacity = 1_024;
  #size = 0;
  #hashes = new Uint32Array(this.#capacity * WORDS);
  #places = new Int32Array(this.#capacity).fill(FREE);

  /**
   * @param hash 16 bytes, evenly distributed
   * @returns the place that was given with this identity first; `place` itself for a new one
   */
  firstPlaceOf(hash: Uint8Array, place: number): number {
    if (this.#size * 2 >= this.#capacity) this.#grow();
    const view = new DataView(hash.buffer, hash.byteOffset, hash.byteLength);
    const words = [view.getUint32(0), view.getUint32(4), view.getUint32(8), view.getUint32(12)];
    const slot = this.#slotOf(words);
    const first = this.#places[slot];
    if (first !== undefined && first !== FREE) return first;
    this.#put(slot, words, place);
    return place;
  }

  #slotOf(words: ArrayLike<number>): number {
    for (let slot = (words[0] ?? 0) % this.#capacity; ; slot = (slot + 1) % this.#capacity) {
      if (this.#places[slot] === FREE) return slot;
      const start = slot * WORDS;
      let isSame = true;
      for (let word = 0; word < WORDS; word++) isSame &&= this.#hashes[start + word] === words[word];
      if (isSame) return slot;
    }
  }

  #put(slot: number, words: ArrayLike<number>, place: number): void {
    for (let word = 0; word < WORDS; word++) this.#hashes[slot * WORDS + word] = words[word] ?? 0;
    this.#places[slot] = place;
    this.#size += 1;
  }

  #grow(): void {
    const [hashes, places] = [this.#hashes, this.#places];
    this.#capacity *= 2;
    this.#size = 0;
    this.#hashes = new Uint32Array(this.#capacity * WORDS);
    this.#places = new Int32Array(this.#capacity).fill(FREE);
    for (const [slot, place] of places.entries()) {
      if (place === FREE) continue;
      const words = hashes.subarray(slot * WORDS, (slot + 1) * WORDS);
      this.#put(this.#slotOf(words), words, place);
    }
  }
}
