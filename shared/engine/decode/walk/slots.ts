/** What stands in a slot. */
export const KIND = {
  missing: 0,
  /** Between the quotes, without a backslash. */
  text: 1,
  /** Between the quotes, with escapes. */
  escaped: 2,
  number: 3,
  /** true or false */
  word: 4,
  null: 5,
  /** An object or array that holds something; its JSON. */
  json: 6,
  /** `{}` or `[]` */
  empty: 7,
} as const;

/** Ranges of values in the bytes of a chunk, by the number that the key tree gives them. */
export class Slots {
  readonly kind: Uint8Array;
  readonly start: Int32Array;
  readonly end: Int32Array;

  constructor(count: number) {
    this.kind = new Uint8Array(count);
    this.start = new Int32Array(count);
    this.end = new Int32Array(count);
  }
}
