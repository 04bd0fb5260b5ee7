import { withoutSecrets } from './known-secrets.ts';

/**
 * What moves a cursor, rings a bell, or turns the order of letters: control characters but newline and tab, and marks
 * of direction.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * Text as it may be printed: names of files, fields of records and words of services can hold sequences that a terminal
 * obeys. As `\u001b` it can be read, and is the same text within JSON. Secrets that are repeated to us are told to
 * nobody.
 */
export const plain = (text: string): string =>
  withoutSecrets(text).replace(CONTROL, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** The error that says the same and may be printed, with where it came from; itself where nothing is wrong with it. */
export function asPrinted(error: Error): Error {
  const [message, stack] = [plain(error.message), error.stack === undefined ? undefined : plain(error.stack)];
  if (message === error.message && stack === error.stack && error.cause === undefined) return error;
  return Object.assign(new Error(message), { name: error.name, ...(stack !== undefined && { stack }) });
}
