import { REASONS } from '../../../framing/strict.ts';
import type { Trouble } from '../../query/beside.ts';
import type { Found } from './records-in.ts';
import { savedAnswer } from './saved-answer.ts';

/** What quarantine says of the end of such a page, and what a person is told. */
export const pageReason: string = REASONS.page;
export const pageText = `${pageReason}; get that, too`;

/**
 * Why a file that holds this is only a part of what was asked for, with what to do; '' for what says nothing of that.
 * The rows of such an answer are not to be used; those of a page are, but there are more.
 */
export function partialText(found: Found): string {
  if (found.kind === 'unreadable') return found.reason === pageReason ? pageText : '';
  const trouble = troubleIn(found.record);
  if (trouble === undefined) return '';
  const code = trouble.code === '' ? '' : ` (${trouble.code.slice(0, 60)})`;
  return `an answer that says of itself that it is not whole${code}; ask again in smaller pieces`;
}

function troubleIn(record: Readonly<Record<string, unknown>>): Trouble | undefined {
  try {
    return savedAnswer(record)?.trouble;
  } catch {
    return undefined; // columns that are none: it is no answer
  }
}
