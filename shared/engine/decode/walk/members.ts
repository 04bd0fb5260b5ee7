import { CLOSE_OBJECT, key, keyEnd, nextEntry, skipBlank, valueEnd } from '../../../framing/strict.ts';
import { grown } from '../../words.ts';
import type { Values } from './values.ts';

/** The members of several objects, as ranges of bytes. */
export class Members {
  count = 0;
  /** Objects that hold any. */
  objects = 0;
  /** Whether a key holds an escape, so that its bytes are not its name. */
  escaped = false;
  /** Start of the first object that holds anything, and the end of the last. */
  readonly around = new Int32Array(2);
  /** Of each member: the quote of the key, the one that ends it, the value. */
  key = new Int32Array(32);
  keyEnd = new Int32Array(32);
  value = new Int32Array(32);
  end = new Int32Array(32);

  clear(): void {
    this.count = 0;
    this.objects = 0;
    this.escaped = false;
  }

  /** Takes in the object that starts at `from`. Returns the index behind it, or -1 where it is broken. */
  add(bytes: Uint8Array, from: number, depth: number, values?: Values): number {
    let at = skipBlank(bytes, from + 1);
    if (bytes[at] === CLOSE_OBJECT) return at + 1;
    if (this.objects++ === 0) this.around[0] = from;
    while (bytes[at] !== CLOSE_OBJECT) {
      const index = this.count;
      this.reserve(index + 1);
      this.key[index] = at;
      at = keyEnd(bytes, at);
      if (at < 0) return -1;
      this.keyEnd[index] = key.end;
      this.escaped ||= key.escaped;
      this.value[index] = at;
      at = valueEnd(bytes, at, depth);
      if (at < 0) return -1;
      this.end[index] = at;
      values?.add(bytes, this.value[index] as number, at, depth);
      this.count = index + 1;
      at = nextEntry(bytes, at, CLOSE_OBJECT);
      if (at < 0) return -1;
    }
    this.around[1] = at + 1;
    return at + 1;
  }

  /** Room for so many. */
  reserve(count: number): void {
    this.key = grown(this.key, count);
    this.keyEnd = grown(this.keyEnd, count);
    this.value = grown(this.value, count);
    this.end = grown(this.end, count);
  }

  /** Whether a key stands twice. */
  repeats(bytes: Uint8Array): boolean {
    const { count, key, keyEnd } = this;
    if (this.escaped || count > 16) return new Set(this.names(bytes)).size < count;
    for (let one = 1; one < count; one++) {
      const start = key[one] as number;
      const length = (keyEnd[one] as number) - start;
      for (let other = 0; other < one; other++) {
        const from = key[other] as number;
        if ((keyEnd[other] as number) - from === length && same(bytes, start, bytes, from, length)) return true;
      }
    }
    return false;
  }

  names(bytes: Uint8Array): string[] {
    return Array.from({ length: this.count }, (_, index) =>
      nameOf(bytes, this.key[index] ?? 0, this.keyEnd[index] ?? 0),
    );
  }

  /** Which members count where a key stands more than once: the last of each, in order. */
  last(bytes: Uint8Array): readonly number[] {
    const at = new Map<string, number>();
    for (const [index, name] of this.names(bytes).entries()) at.set(name, index);
    return [...at.values()].toSorted((one, other) => one - other);
  }
}

/** Names that were met, each in the place that its length and some of its bytes give it. */
const met: ({ readonly key: Uint8Array; readonly name: string } | undefined)[] = Array.from({ length: 256 });
const LONGEST_MET = 64;

/** The name whose key stands from its quote to the one at `end`. Records repeat their names, and a text costs much. */
export function nameOf(bytes: Uint8Array, quote: number, end: number): string {
  const length = end - quote;
  const place = (length * 37 + (bytes[quote + 1] as number) * 5 + (bytes[end - 1] as number)) & (met.length - 1);
  const known = met[place];
  if (known !== undefined && known.key.length === length && same(known.key, 0, bytes, quote, length)) return known.name;
  const name = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset + quote, length + 1).toString('utf8')) as string;
  if (length <= LONGEST_MET) met[place] = { key: bytes.slice(quote, end), name };
  return name;
}

function same(one: Uint8Array, at: number, other: Uint8Array, to: number, length: number): boolean {
  for (let index = 0; index < length; index++) if (one[at + index] !== other[to + index]) return false;
  return true;
}
