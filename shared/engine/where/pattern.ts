import { createRequire } from 'node:module';

/** What is wrong with a regular expression, in RE2's words. */
export class PatternFault extends Error {}

/**
 * Whether a text holds a match of a regular expression in RE2's syntax, in time that grows with the length of the text
 * and no faster, whatever the expression. RE2 is loaded where a condition has one. Throws a PatternFault.
 */
export function compilePattern(source: string): (text: string) => boolean {
  const { RE2JS, RE2JSException } = createRequire(import.meta.url)('re2js') as typeof import('re2js');
  try {
    const pattern = RE2JS.compile(source);
    return (text) => pattern.test(text);
  } catch (error) {
    if (error instanceof RE2JSException) throw new PatternFault(error.message.replace('error parsing regexp: ', ''));
    throw error;
  }
}
