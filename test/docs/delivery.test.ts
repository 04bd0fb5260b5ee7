import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root, textOf } from './fences.ts';

/** docs/delivery.md: no promise without a test, and no test that there is not. */

const rows = textOf('docs/delivery.md')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| promise'));

test('every promise names a test, or the page that says more', () => {
  assert.ok(rows.length > 12);
  assert.deepEqual(
    rows.filter((row) => !/`test\/[^`]+`: \*[^*]+\*|\]\([\w.#-]+\)/.test(row)),
    [],
  );
});

test('every test that is named exists, under that name', () => {
  const named = rows.flatMap((row) => [...row.matchAll(/`(test\/[^`]+)`: \*([^*]+)\*/g)]);
  assert.ok(named.length > 15);
  const missing = named.filter(([, file = '', title = '']) => {
    const path = join(root, file);
    if (!existsSync(path)) return true;
    const text = readFileSync(path, 'utf8');
    return (
      !["'", '`', '"'].some((quote) => text.includes(`test(${quote}${title}${quote}`)) && !text.includes(`'${title}'`)
    );
  });
  assert.deepEqual(
    missing.map(([all]) => all),
    [],
  );
});
