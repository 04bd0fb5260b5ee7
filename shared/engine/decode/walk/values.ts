import { CLOSE_ARRAY, CLOSE_OBJECT, OPEN_ARRAY, OPEN_OBJECT, QUOTE, skipBlank } from '../../../framing/strict.ts';
import { KIND } from './slots.ts';

/** Where the values of a record stand that differ from one to the next of its form, in their order. */
export class Values {
  /** More than these are not kept, and then the record is no form. */
  static readonly most = 500;
  count = 0;
  readonly kind = new Uint8Array(Values.most);
  readonly start = new Int32Array(Values.most);
  readonly end = new Int32Array(Values.most);
  /** Levels around it. */
  readonly depth = new Int32Array(Values.most);
  /** Whether anybody wants to know. */
  wanted = false;

  /** The value whose first byte is at `at`. What has no kind of its own (null, an empty object) is part of the form. */
  add(bytes: Uint8Array, at: number, end: number, depth: number): void {
    if (!this.wanted) return;
    const kind = kindAt(bytes, at);
    if (kind === KIND.missing) return;
    if (this.count < Values.most) {
      this.kind[this.count] = kind;
      // The first byte of a text, object or array is part of the form.
      this.start[this.count] = kind === KIND.text || kind === KIND.json ? at + 1 : at;
      this.end[this.count] = kind === KIND.text ? end - 1 : end;
      this.depth[this.count] = depth;
    }
    this.count++;
  }
}

/** What begins at `at`, by its first bytes; `missing`: nothing that a value could take the place of. */
export function kindAt(bytes: Uint8Array, at: number): number {
  const byte = bytes[at] as number;
  if (byte === QUOTE) return KIND.text;
  if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) return KIND.number;
  if (byte === 0x74 || byte === 0x66) return KIND.word;
  if (byte !== OPEN_OBJECT && byte !== OPEN_ARRAY) return KIND.missing;
  const next = bytes[skipBlank(bytes, at + 1)];
  return next === CLOSE_OBJECT || next === CLOSE_ARRAY ? KIND.missing : KIND.json;
}
