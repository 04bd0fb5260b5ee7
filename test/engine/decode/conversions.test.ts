import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  BOOLEANS,
  meaningOf,
  RESULTS,
  SEVERITIES,
  type Words,
} from '../../../shared/engine/decode/cells/conversions.ts';

test('words mean the same in any letter case, and nothing else means it', () => {
  const means = <T>(words: Words<T>, text: string): T | undefined => {
    const bytes = Buffer.from(`"${text}"`);
    return meaningOf(words, bytes, 1, bytes.length - 1);
  };
  const table: readonly (readonly [Words<boolean | number>, string, boolean | number | undefined])[] = [
    ...(['true', 'True', 'TRUE', 'tRuE', '1'] as const).map((text) => [BOOLEANS, text, true] as const),
    ...(['false', 'False', 'FALSE', '0'] as const).map((text) => [BOOLEANS, text, false] as const),
    // A bit beside the digit, a letter that small ones are made of elsewhere, longer and shorter ones.
    ...(['', 't', '\u0011', '\u0010', 'true ', 'trues', 'yes', 'pass', 'ｔｒｕｅ'] as const).map(
      (text) => [BOOLEANS, text, undefined] as const,
    ),
    [RESULTS, 'Pass', true],
    [RESULTS, 'FAIL', false],
    [SEVERITIES, 'Information', 1],
    [SEVERITIES, 'INFORMATIONAL', 1],
    [SEVERITIES, 'critical', 4],
    [SEVERITIES, '4', undefined],
    [SEVERITIES, '@rror', undefined],
  ];
  for (const [words, text, expected] of table) assert.equal(means(words, text), expected, text);
});
