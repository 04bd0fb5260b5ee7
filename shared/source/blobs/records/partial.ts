import { REASONS } from '../../../framing/strict.ts';
import { isRecord } from '../kinds.ts';
import type { Found } from './records-in.ts';

/** What quarantine says of the end of such a page, and what a person is told. */
export const pageReason: string = REASONS.page;
export const pageText = `${pageReason}; get that, too`;

/**
 * Why a file that holds this is only a part of what was asked for, with what to do; '' for what says nothing of that.
 * The rows of such an answer are not to be used; those of a page are, but there are more.
 */
export function partialText(found: Found): string {
  if (found.kind === 'unreadable') return found.reason === pageReason ? pageText : '';
  const { tables, error } = found.record;
  if (!Array.isArray(tables) || !isRecord(error)) return '';
  const code = typeof error.code === 'string' && error.code !== '' ? ` (${error.code.slice(0, 60)})` : '';
  return `an answer that says of itself that it is not whole${code}; ask again in smaller pieces`;
}
