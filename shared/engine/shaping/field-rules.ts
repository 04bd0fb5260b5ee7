import { BACKSLASH, COMMA, closingQuote, QUOTE, skipBlank } from '../../framing/strict.ts';
import { nameOf } from '../decode/walk/members.ts';
import { type FieldTree, folded } from './field-tree.ts';

/** What becomes of a member: it stays, it goes, or something inside of it does. */
export type Treatment = 'stays' | 'goes' | FieldRules;

/** A FieldTree as keys in bytes are asked about. */
export interface FieldRules {
  readonly others: 'stays' | 'goes';
  /** By the length of the name in bytes; folded names of ASCII letters. */
  readonly short: readonly (readonly { readonly name: Uint8Array; readonly treatment: Treatment }[])[];
  readonly byName: ReadonlyMap<string, Treatment>;
}

export function fieldRules({ remove, keep, inside }: FieldTree): FieldRules {
  const treatmentOf = (name: string): Treatment => {
    if (remove.has(name) || keep?.has(name) === false) return 'goes';
    const below = inside.get(name);
    return below === undefined ? 'stays' : fieldRules(below);
  };
  const names = new Set([...remove, ...(keep ?? []), ...inside.keys()]);
  const byName = new Map([...names].map((name) => [name, treatmentOf(name)]));
  const short: { readonly name: Uint8Array; readonly treatment: Treatment }[][] = [];
  for (const [name, treatment] of byName) {
    const bytes = Buffer.from(name);
    short[bytes.length] = [...(short[bytes.length] ?? []), { name: bytes, treatment }];
  }
  return { others: keep === undefined ? 'stays' : 'goes', short, byName };
}

/** What becomes of the member whose key opens with the quote at `quote`. */
export function treatmentAt({ others, short, byName }: FieldRules, bytes: Uint8Array, quote: number): Treatment {
  let at = quote + 1;
  let all = 0;
  for (let byte = bytes[at] as number; byte !== QUOTE && byte !== BACKSLASH; byte = bytes[++at] as number) all |= byte;
  // Escapes, and letters beyond ASCII, whose case is another matter.
  if (bytes[at] === BACKSLASH || all >= 0x80) return byName.get(folded(nameAt(bytes, quote))) ?? others;
  const length = at - quote - 1;
  for (const { name, treatment } of short[length] ?? []) {
    let index = 0;
    while (index < length && lower(bytes[quote + 1 + index] as number) === name[index]) index++;
    if (index === length) return treatment;
  }
  return others;
}

const lower = (byte: number): number => (byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte);

/** The name that a key in quotes stands for. */
export const nameAt = (bytes: Uint8Array, quote: number): string =>
  nameOf(bytes, quote, closingQuote(bytes, quote + 1));

/** Behind a value: the next entry of its object or array, or what closes that. */
export function nextEntry(bytes: Uint8Array, end: number): number {
  if (end < 0) throw new Error('a dynamic value that is no JSON');
  const at = skipBlank(bytes, end);
  return bytes[at] === COMMA ? skipBlank(bytes, at + 1) : at;
}
