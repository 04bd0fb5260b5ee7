import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { commandWords } from '../../../cli/terminal/command-words.ts';

const root = join(import.meta.dirname, '../../..');

test('what only an app does by itself is what a person does after a command', () => {
  assert.equal(
    commandWords('query requests of shop: asked 6 times in vain: status 500; the window is tried again later'),
    'query requests of shop: asked 6 times in vain: status 500; run the same command again',
  );
  assert.equal(
    commandWords('the service is busy; it is tried again later (should it last, look at the account)'),
    'the service is busy; run the same command again (should it last, look at the account)',
  );
  assert.equal(commandWords('nothing of that kind'), 'nothing of that kind');
});

test('every text of the product that says so is one of those that a command puts in other words', () => {
  const said = readdirSync(join(root, 'shared'), { recursive: true, encoding: 'utf8' }).flatMap((file) => {
    const text = (
      file.endsWith('.ts') && !file.endsWith('.generated.ts') ? readFileSync(join(root, 'shared', file), 'utf8') : ''
    )
      .replace(/^\s*(\/\/|\/?\*).*$/gm, '') // comments
      .replace(/['`] \+\n\s*['`]/g, ''); // texts of several lines
    return [...text.matchAll(/['`]([^'`\n]*tried again[^'`\n]*)['`]/g)].map(([, found = '']) => found);
  });
  assert.ok(said.length > 20, String(said.length));
  const left = said.filter((text) => commandWords(text).includes('tried again'));
  assert.deepEqual(left, expected);
});

/** Of the status page, which is about an app. */
const expected: readonly string[] = [
  'It is tried again by itself when its back-off has passed, without end; the error says what to mend. Run again skips the back-off.',
  'It is tried again with the next tick.',
];
