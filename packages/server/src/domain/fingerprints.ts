/** Fingerprints of many molecules, one after another: which hold all bits of another, and how alike they are. Pure. */

/** Bits of one fingerprint, in words of 32. */
const WORDS = 64;

/** One by one, 32-bit words of [molecule, word]; zeros for what has none. */
export function wordsOf(bytes: Uint8Array): Uint32Array {
  const own = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return new Uint32Array(own.buffer, own.byteOffset, Math.floor(own.byteLength / 4));
}

/** Places of those that have every bit of the pattern; a molecule that holds the substructure is always one of them. */
export function screen(molecules: Uint32Array, pattern: Uint32Array): readonly number[] {
  const asked = [...pattern].flatMap((bits, word) => (bits === 0 ? [] : [{ word, bits }]));
  const passing: number[] = [];
  for (let start = 0, place = 0; start + WORDS <= molecules.length; start += WORDS, place += 1) {
    if (isZero(molecules, start)) continue;
    if (asked.every(({ word, bits }) => ((molecules[start + word] ?? 0) & bits) >>> 0 === bits)) passing.push(place);
  }
  return passing;
}

/** Tanimoto similarity of each molecule with the query, 0..1; 0 for what has no fingerprint. */
export function similarities(molecules: Uint32Array, query: Uint32Array): Float32Array {
  const found = new Float32Array(Math.floor(molecules.length / WORDS));
  const ofQuery = query.reduce((sum, bits) => sum + bitCount(bits), 0);
  for (let place = 0; place < found.length; place += 1) {
    let [own, both] = [0, 0];
    for (let word = 0; word < WORDS; word += 1) {
      const bits = molecules[place * WORDS + word] ?? 0;
      if (bits === 0) continue;
      own += bitCount(bits);
      both += bitCount(bits & (query[word] ?? 0));
    }
    found[place] = own === 0 || both === 0 ? 0 : both / (own + ofQuery - both);
  }
  return found;
}

function isZero(words: Uint32Array, start: number): boolean {
  for (let word = 0; word < WORDS; word += 1) if (words[start + word] !== 0) return false;
  return true;
}

/** Pairs, fours and eights of bits are added side by side. */
function bitCount(bits: number): number {
  const pairs = bits - ((bits >>> 1) & 0x5555_5555);
  const fours = (pairs & 0x3333_3333) + ((pairs >>> 2) & 0x3333_3333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}
