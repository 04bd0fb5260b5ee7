import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { hasColours, painted } from '../../../cli/terminal/colours.ts';
import { failed, guid, run } from '../fake.ts';

const table: readonly (readonly [what: string, env: Record<string, string>, isTerminal: boolean, colours: boolean])[] =
  [
    ['a terminal', {}, true, true],
    ['a pipe', {}, false, false],
    ['a terminal, NO_COLOR', { NO_COLOR: '1' }, true, false],
    ['NO_COLOR that is empty', { NO_COLOR: '' }, true, true],
    ['NO_COLOR before FORCE_COLOR', { NO_COLOR: '1', FORCE_COLOR: '1' }, true, false],
    ['a pipe that is to have them', { FORCE_COLOR: '1' }, false, true],
    ['a terminal that is not to have them', { FORCE_COLOR: '0' }, true, false],
    ['a terminal that knows none', { TERM: 'dumb' }, true, false],
  ];
for (const [what, env, isTerminal, colours] of table)
  test(`colours: ${what}`, () => assert.equal(hasColours(env, isTerminal), colours));

test('each line by itself; without a tone, or without colours, as it is', () => {
  assert.equal(painted('a\n\nb\n', 'bad', true), '\u001b[31ma\u001b[39m\n\n\u001b[31mb\u001b[39m\n');
  assert.equal(painted('a\n', undefined, true), 'a\n');
  assert.equal(painted('a\n', 'bad', false), 'a\n');
});

const words = ['export', '--app', `shop=${guid}`, '--from', '2026-01-31', '--to', '2026-02-01', '--out', 'lake'];
const red = (text: string): string => `\u001b[31m${text}\u001b[39m`;

test('what failed is red, and the words are the same without colours; JSON never has any', async () => {
  // A name that holds a colour of its own is spelled out, and does not end ours.
  const outcome = () => failed('source', 'query: \u001b[32mrefused');
  const made = { outcome, incomplete: ['half of it is missing'] };
  const [bare, coloured] = [await run(words, made), await run(words, { ...made, colours: true })];
  assert.ok(coloured.out.includes(red('half of it is missing')));
  assert.ok(coloured.err.includes('\u001b[31m') && coloured.err.includes('\\u001b[32mrefused'));
  assert.equal(stripVTControlCharacters(coloured.out), bare.out);
  assert.equal(stripVTControlCharacters(coloured.err), bare.err);
  assert.equal(bare.out.includes('\u001b'), false);
  const json = await run([...words, '--json'], { ...made, colours: true });
  assert.equal(json.out.includes('\u001b'), false);
  assert.ok((await run(['exprot'], { colours: true })).err.startsWith('\u001b[31minsights-lake: '));
});

test('the real command gives none to a pipe, unless it is forced, and never against NO_COLOR', () => {
  const main = join(import.meta.dirname, '../../../cli/main.ts');
  const errorOf = (env: Record<string, string>) =>
    spawnSync(process.execPath, [main, 'exprot'], {
      cwd: tmpdir(),
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
      encoding: 'utf8',
    }).stderr;
  assert.match(errorOf({}), /^insights-lake: /);
  assert.ok(errorOf({ FORCE_COLOR: '1' }).startsWith('\u001b[31minsights-lake: '));
  assert.match(errorOf({ FORCE_COLOR: '1', NO_COLOR: '1' }), /^insights-lake: /m);
});
