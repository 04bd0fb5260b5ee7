/** Of a bucket: how many entries it has, how many bits of a hash lead to it, then the entries, of two words each. */
const WORDS = 64;
/** Buckets of one piece of memory. */
const PIECE = 1024;
/** The first bits of the directory are not among those that entries keep. */
const FIRST_BITS = 8;
/** Only hashes that were made for it need more. */
const MOST_BITS = 22;

/**
 * What a draft has seen: 72 bits of each row, so that two different rows being taken for one is out of the question.
 * A directory leads from the last bits of a hash to a bucket; one that is full is parted in two by one bit more. So
 * nothing is moved to larger memory, and what it leaves behind never adds up: some 12 bytes a row, however many.
 */
export class Seen {
  private readonly pieces: Int32Array[] = [];
  private buckets = 0;
  private bits = FIRST_BITS;
  private directory = Int32Array.from({ length: 1 << FIRST_BITS }, () => this.newBucket(FIRST_BITS));
  private readonly beyond = new Set<string>();

  /** Whether these bits are new; they are not any more. */
  add(one: number, two: number, three: number): boolean {
    for (;;) {
      const place = placeOf(one, two) & (this.directory.length - 1);
      const bucket = this.directory[place] as number;
      const words = this.pieces[Math.floor(bucket / PIECE)] as Int32Array;
      const start = (bucket % PIECE) * WORDS;
      const end = start + 2 + 2 * (words[start] as number);
      for (let at = start + 2; at < end; at += 2) if (words[at] === two && words[at + 1] === three) return false;
      if (end < start + WORDS) {
        put(words, start, two, three);
        return true;
      }
      if (words[start + 1] === MOST_BITS) return this.addBeyond(`${one & 255} ${two} ${three}`);
      this.part(one, words, start);
    }
  }

  private addBeyond(text: string): boolean {
    const isNew = !this.beyond.has(text);
    this.beyond.add(text);
    return isNew;
  }

  private newBucket(bits: number): number {
    const bucket = this.buckets++;
    if (bucket % PIECE === 0) this.pieces.push(new Int32Array(WORDS * PIECE));
    (this.pieces.at(-1) as Int32Array)[(bucket % PIECE) * WORDS + 1] = bits;
    return bucket;
  }

  /** Entries with the next bit go to a new bucket. */
  private part(one: number, words: Int32Array, start: number): void {
    const bits = words[start + 1] as number;
    if (bits === this.bits) this.double();
    const bucket = this.newBucket(bits + 1);
    const bit = 1 << bits;
    const first = placeOf(one, words[start + 2] as number) & (bit - 1);
    for (let at = first + bit; at < this.directory.length; at += 2 * bit) this.directory[at] = bucket;
    const other = this.pieces.at(-1) as Int32Array;
    const otherStart = (bucket % PIECE) * WORDS;
    [words[start], words[start + 1]] = [0, bits + 1];
    for (let at = start + 2; at < start + WORDS; at += 2) {
      const two = words[at] as number;
      const three = words[at + 1] as number;
      if ((placeOf(one, two) & bit) === 0) put(words, start, two, three);
      else put(other, otherStart, two, three);
    }
  }

  private double(): void {
    const { directory } = this;
    this.directory = new Int32Array(2 * directory.length);
    this.directory.set(directory);
    this.directory.set(directory, directory.length);
    this.bits++;
  }
}

/** Appends an entry to a bucket. */
function put(words: Int32Array, start: number, two: number, three: number): void {
  const count = words[start] as number;
  words[start + 2 + 2 * count] = two;
  words[start + 3 + 2 * count] = three;
  words[start] = count + 1;
}

/** All entries of a bucket have the same first bits: those are of the first word, others of the second. */
const placeOf = (one: number, two: number): number => (one & 255) | (two << FIRST_BITS);

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
