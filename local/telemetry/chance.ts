import { hash } from 'node:crypto';

/**
 * Chance that is decided by its key: the same key draws the same values, on every machine and in every version of Node.
 */
export interface Chance {
  /** In [0, 1). */
  next(): number;
  /** Integer in [low, high]. */
  int(low: number, high: number): number;
  pick<T>(of: readonly T[]): T;
  /** True once in `1 / probability`. */
  hit(probability: number): boolean;
  /** Log-normal around `median`; `spread` 0.5 keeps 95 % within a factor of 2.7. */
  about(median: number, spread?: number): number;
  /** `length` hexadecimal digits. */
  hex(length: number): string;
}

const digest = (key: string): Buffer => hash('md5', key, 'buffer');

/** A random-looking version 4 UUID that depends on the key alone. */
export function uuidOf(key: string): string {
  const h = digest(key).toString('hex');
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-4${h.slice(13, 16)}-8${h.slice(17, 20)}-${h.slice(20)}`;
}

/** In [0, 1), decided by the key alone. */
export const shareOf = (key: string): number => digest(key).readUInt32LE(0) / 2 ** 32;

export function chanceOf(key: string): Chance {
  const seed = digest(key);
  let [a, b, c, d] = [seed.readInt32LE(0), seed.readInt32LE(4), seed.readInt32LE(8), seed.readInt32LE(12) | 1];
  // xorshift with 128 bits of state (Marsaglia 2003); the multiplication hides its linear low bits.
  const word = () => {
    const t = a ^ (a << 11);
    [a, b, c] = [b, c, d];
    d = d ^ (d >>> 19) ^ t ^ (t >>> 8);
    return Math.imul(d, 0x9e3779b1) >>> 0;
  };
  const next = () => word() / 2 ** 32;
  const pick = <T>(of: readonly T[]): T => of[Math.floor(next() * of.length)] as T;
  return {
    next,
    pick,
    int: (low, high) => low + Math.floor(next() * (high - low + 1)),
    hit: (probability) => next() < probability,
    about: (median, spread = 0.5) => median * Math.exp(spread * (next() + next() + next() + next() - 2) * Math.sqrt(3)),
    hex: (length) => Array.from({ length }, () => (word() & 15).toString(16)).join(''),
  };
}
