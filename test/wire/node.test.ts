import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { nodeFault } from '../../shared/wire/node.ts';

const cases: readonly (readonly [version: string, fits: boolean])[] = [
  ['18.20.8', false],
  ['20.19.5', false],
  ['22.14.0', false],
  ['22.15.0', true],
  ['22.21.1', true],
  ['24.0.0', true],
  ['26.1.0-nightly', true],
];

for (const [version, fits] of cases)
  test(`Node ${version} ${fits ? 'fits' : 'is refused, by a sentence that says what to do'}`, () => {
    assert.equal(nodeFault(version) === undefined, fits);
    if (!fits) assert.match(nodeFault(version) ?? '', /^needs Node 22\.15 or newer, this is [\d.]+: give .*Node 24$/);
  });

test('no import names what an older Node lacks: then nothing would load, and nobody could say why', () => {
  const folder = join(import.meta.dirname, '../../shared');
  const named = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .filter((name) => /import \{[^}]*\bzstd/.test(readFileSync(join(folder, name), 'utf8')));
  assert.deepEqual(named, []);
});
