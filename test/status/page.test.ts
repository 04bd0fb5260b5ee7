import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Script } from 'node:vm';
import { pageModule } from '../../local/status-page.ts';
import { stripText } from '../../shared/status/cells.ts';
// @ts-expect-error: a script of the page
import * as text from '../../shared/status/page/text.js';
import { csp, html } from '../../shared/status/page.generated.ts';

const root = join(import.meta.dirname, '../..');
const part = (name: string): string => new RegExp(`<${name}>(.*?)</${name}>`, 's').exec(html)?.[1] ?? '';

test('the page is what its parts make: npm run page', () => {
  assert.equal(readFileSync(join(root, 'shared/status/page.generated.ts'), 'utf8'), pageModule());
});

test('its policy lets exactly its own style and script run, and reach its own place', () => {
  for (const name of ['style', 'script'])
    assert.ok(csp.includes(`${name}-src 'sha256-${createHash('sha256').update(part(name)).digest('base64')}'`), name);
  assert.ok(csp.startsWith("default-src 'none'; "));
  assert.doesNotMatch(csp, /unsafe|https?:|\*/);
  // What the policy would refuse, and what would leave this place.
  assert.doesNotMatch(html, /\son\w+=|\sstyle=|<link|<img|<iframe|src=|@import|url\(|https?:\/\//);
  assert.doesNotMatch(part('script'), /innerHTML|insertAdjacentHTML|document\.write|\beval\b|^import |^export /m);
  assert.ok(new Script(part('script')));
  assert.ok(Buffer.byteLength(html) < 60_000, `${Buffer.byteLength(html)} bytes`);
});

test('what the script looks for is in the page', () => {
  const ids = new Set([...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id));
  const asked = [...part('script').matchAll(/(?:byId|fill)\(\s*'([^']+)'/g)].map(([, id]) => id ?? '');
  assert.deepEqual(
    asked.filter((id) => !ids.has(id) && !id.startsWith('act-')),
    [],
  );
});

test('the page reads cells as the server spells them', () => {
  const hour = 3_600_000;
  const strip = { start: 0, end: 6 * hour, grain: hour };
  const stretches = [
    { start: 0, end: 2 * hour, state: 'done' as const },
    { start: 2 * hour, end: 2.5 * hour, state: 'failed' as const },
    { start: 4 * hour, end: 5 * hour, state: 'due' as const },
  ];
  const spelled = stripText(stretches, strip, {
    lateBefore: 4.5 * hour,
    expected: { start: 0, end: 4 * hour },
    past: [],
  });
  assert.equal(spelled, '2d f500n500 n q500l500 -');
  assert.deepEqual(text.cellsOf(spelled), [
    [['d', 1]],
    [['d', 1]],
    [
      ['f', 0.5],
      ['n', 0.5],
    ],
    [['n', 1]],
    [
      ['q', 0.5],
      ['l', 0.5],
    ],
    [],
  ]);
  assert.equal(
    text.cellText(
      [
        ['f', 0.5],
        ['n', 0.5],
      ],
      { f: 'failed', n: 'never planned' },
    ),
    'failed 50 %, never planned 50 %',
  );
  assert.deepEqual(
    [text.bytesText(1234567), text.spanText(86400000), text.spanText(5400000), text.spanText(9000)],
    ['1.2 MB', '1 day', '90 min', '9 s'],
  );
});
