import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { Env } from '../../shared/config/flat.ts';
import { functionTimeout } from '../../shared/config/function-timeout.ts';

const minutes = 60_000;
const host = (functionTimeout?: unknown): string => JSON.stringify({ version: '2.0', functionTimeout });
const setting = (value: string): Env => ({ AzureFunctionsJobHost__functionTimeout: value });

describe('how long the host lets an invocation run', () => {
  const rows: readonly [string, string, Env, number | undefined][] = [
    ['host.json', host('00:10:00'), {}, 10 * minutes],
    ['with a byte order mark', `\uFEFF${host('00:10:00')}`, {}, 10 * minutes],
    ['days and fractions', host('1.02:03:04.500'), {}, ((24 + 2) * 60 + 3) * minutes + 4000],
    ['the app setting goes first', host('00:10:00'), setting('01:00:00'), 60 * minutes],
    ['without end', host('-1'), {}, undefined],
    ['without end, as a number', host(-1), {}, undefined],
    ['the default', host(), {}, 30 * minutes],
    ['what is no time span', host('soon'), {}, undefined],
    ['what is no JSON', '{', {}, undefined],
  ];
  for (const [what, text, env, expected] of rows)
    test(`${what}: ${expected ?? 'not known'}`, () =>
      assert.equal(
        functionTimeout(env, () => text),
        expected,
      ));

  test('no host.json: not known', () => {
    const missing = () => {
      throw new Error('ENOENT');
    };
    assert.equal(functionTimeout({}, missing), undefined);
  });

  test('that of this package can be read', () => {
    const root = join(import.meta.dirname, '../..');
    assert.equal(
      functionTimeout({}, (path) => readFileSync(join(root, path), 'utf8')),
      30 * minutes,
    );
  });
});
