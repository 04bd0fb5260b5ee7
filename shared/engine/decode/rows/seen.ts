/**
 * What a draft has seen: 72 bits of each row, so that two different rows being taken for one is out of the question.
 * 8 of them say in which of 256 tables it is, so that growing one of them never holds everything twice.
 */
export class Seen {
  private readonly tables: (Int32Array | undefined)[] = Array.from({ length: 256 }, () => undefined);
  private readonly counts = new Int32Array(256);

  /** Whether these bits are new; they are not any more. */
  add(one: number, two: number, three: number): boolean {
    const part = one & 255;
    const mark = three | 0 || 1;
    let table = this.tables[part];
    const count = this.counts[part] as number;
    if (table === undefined || count * 8 >= table.length * 3) table = this.grow(part, table);
    const at = slotOf(table, two, mark);
    if (table[at + 1] === mark) return false;
    table[at] = two;
    table[at + 1] = mark;
    this.counts[part] = count + 1;
    return true;
  }

  private grow(part: number, old: Int32Array | undefined): Int32Array {
    // They begin with different sizes, so that they grow one after the other: all at once would hold all twice.
    const slots = old === undefined ? 64 + Math.floor(part * 0.15) : Math.ceil((old.length / 2) * 1.4);
    const table = new Int32Array(slots * 2);
    this.tables[part] = table;
    for (let place = 0; old !== undefined && place < old.length; place += 2) {
      const [two, mark] = [old[place] as number, old[place + 1] as number];
      if (mark === 0) continue;
      const at = slotOf(table, two, mark);
      table[at] = two;
      table[at + 1] = mark;
    }
    return table;
  }
}

/** Where these bits are, or belong; of a slot without any the second word, the mark, is 0. */
function slotOf(table: Int32Array, two: number, mark: number): number {
  let at = 2 * Math.floor(((two >>> 0) * (table.length >> 1)) / 4294967296);
  while (table[at + 1] !== 0 && (table[at + 1] !== mark || table[at] !== (two | 0)))
    at = at + 2 === table.length ? 0 : at + 2;
  return at;
}

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
