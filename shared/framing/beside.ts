import { REASONS } from './strict.ts';

const NEXT = /^@?(odata\.)?nextLink$/;
/** What tells of a list, and is no part of it. */
const KNOWN = /^@|^odata\.|^count$/;

/**
 * What the other members of a wrapper are, as a reason to set them aside; '' where all are known to hold no record.
 * `members`: as they stand between the braces, read before as JSON.
 */
export function besideRecords(members: Uint8Array): string {
  const text = new TextDecoder().decode(members).replace(/^[\s,]+|[\s,]+$/g, '');
  try {
    const entries = Object.entries<unknown>(JSON.parse(`{${text}}`));
    if (entries.some(([key, value]) => NEXT.test(key) && Boolean(value))) return REASONS.page;
    return entries.every(([key]) => NEXT.test(key) || KNOWN.test(key)) ? '' : REASONS.beside;
  } catch {
    return REASONS.beside; // what a strict reader refuses in it
  }
}
