/**
 * What a draft has seen: 96 bits of each row, so that two different rows being taken for one is out of the question.
 * 256 tables by the first byte, so that growing one of them never holds everything twice.
 */
export class Seen {
  private readonly tables: (Int32Array | undefined)[] = Array.from({ length: 256 }, () => undefined);
  private readonly counts = new Int32Array(256);

  /** Whether these bits are new; they are not any more. */
  add(one: number, two: number, three: number): boolean {
    const part = one & 255;
    let table = this.tables[part];
    const count = this.counts[part] as number;
    if (table === undefined || count * 3 * 4 >= table.length * 3) table = this.grow(part, table);
    const slots = table.length / 3;
    let at = placeOf(two, slots);
    for (;;) {
      const place = at * 3;
      if (table[place] === 0 && table[place + 1] === 0 && table[place + 2] === 0) {
        table[place] = one | 0;
        table[place + 1] = two | 0;
        table[place + 2] = three | 0 || 1;
        this.counts[part] = count + 1;
        return true;
      }
      if (table[place] === (one | 0) && table[place + 1] === (two | 0) && table[place + 2] === (three | 0 || 1))
        return false;
      at = at + 1 === slots ? 0 : at + 1;
    }
  }

  private grow(part: number, old: Int32Array | undefined): Int32Array {
    // They begin with different sizes, so that they grow one after the other: all at once would hold all twice.
    const slots = old === undefined ? 64 + Math.floor(part * 0.15) : Math.ceil((old.length / 3) * 1.6);
    const table = new Int32Array(slots * 3);
    this.tables[part] = table;
    if (old === undefined) return table;
    for (let place = 0; place < old.length; place += 3) {
      const [one, two, three] = [old[place] as number, old[place + 1] as number, old[place + 2] as number];
      if (three === 0) continue;
      let at = placeOf(two, slots);
      while (table[at * 3 + 2] !== 0) at = at + 1 === slots ? 0 : at + 1;
      table[at * 3] = one;
      table[at * 3 + 1] = two;
      table[at * 3 + 2] = three;
    }
    return table;
  }
}

/** Spreads 32 bits evenly over so many slots. */
const placeOf = (bits: number, slots: number): number => Math.floor(((bits >>> 0) * slots) / 4294967296);

/** 96 bits of the stretch that was asked for last. */
export const hash = new Int32Array(3);

/**
 * 128 bits over the words of a stretch, wherever it starts: four lanes, one multiplication for each word, and each lane
 * hands on to the one before it what it met, so that a difference is soon in all of them. `view` is the memory of
 * `bytes`. Not safe against somebody who looks for collisions; what they gain is that a record of theirs is taken for a
 * repetition of another one.
 */
export function hashBytes(bytes: Uint8Array, view: DataView, start: number, end: number, seed: number): void {
  let [h1, h2, h3, h4] = [seed, seed, seed, seed];
  let at = start;
  for (const last = end - 16; at <= last; at += 16) {
    h1 = Math.imul(h1 ^ view.getInt32(at, true), 0x9e3779b1);
    h2 = Math.imul(h2 ^ view.getInt32(at + 4, true), 0x85ebca6b);
    h3 = Math.imul(h3 ^ view.getInt32(at + 8, true), 0xc2b2ae35);
    h4 = Math.imul(h4 ^ view.getInt32(at + 12, true), 0x27d4eb2f);
    h1 = (((h1 << 13) | (h1 >>> 19)) + h2) | 0;
    h2 = (((h2 << 15) | (h2 >>> 17)) + h3) | 0;
    h3 = (((h3 << 17) | (h3 >>> 15)) + h4) | 0;
    h4 = (((h4 << 18) | (h4 >>> 14)) + h1) | 0;
  }
  for (; at < end; at++) {
    h1 = Math.imul(h1 ^ (bytes[at] as number), 0x01000193);
    h2 = (Math.imul(h2, 0x01000193) ^ (h1 >>> 7)) | 0;
    h3 = (h3 + Math.imul(h1, 0x85ebca6b)) | 0;
    h4 = ((h4 << 5) | (h4 >>> 27)) ^ h1;
  }
  finish(h1, h2, h3, h4, end - start);
}

function finish(one: number, two: number, three: number, four: number, length: number): void {
  let [h1, h2, h3, h4] = [one ^ length, two ^ length, three ^ length, four ^ length];
  for (let round = 0; round < 2; round++) {
    h1 = (h1 + h2 + h3 + h4) | 0;
    h2 = (h2 + h1) | 0;
    h3 = (h3 + h1) | 0;
    h4 = (h4 + h1) | 0;
    h1 = mixed(h1);
    h2 = mixed(h2);
    h3 = mixed(h3);
    h4 = mixed(h4);
  }
  hash[0] = h1;
  hash[1] = h2;
  hash[2] = h3;
}

function mixed(word: number): number {
  let h = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
