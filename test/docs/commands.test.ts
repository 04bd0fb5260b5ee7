import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { commands } from '../../cli/all-commands.ts';
import { allFences } from './fences.ts';
import { type PageRoom, pageRoom } from './page-room.ts';
import { differences, lineShape } from './shapes.ts';

/**
 * The commands of the pages, and the examples of every help text, are run as they stand. A block that cannot be run
 * here bears a mark with the reason in the line above: `<!-- not run: needs Azure -->`.
 */

/** Examples of help that this machine may have no shell for. */
const noShell = /completion (zsh|fish)/;

const examples = commands.flatMap(({ name, examples: text = '' }) =>
  text
    .replaceAll(/ \\\n */g, ' ')
    .split('\n')
    .filter((line) => line !== '' && !noShell.test(line))
    .map((line) => [`help ${name}`, line] as const),
);
/** Commands whose output is compared with an example run for that. */
const printed = allFences.flatMap((fence) => {
  const command = /^printed by: (insights-lake .*)$/.exec(fence.mark)?.[1];
  return command === undefined ? [] : [[command, fence] as const];
});
const blocks = allFences
  .filter(({ language, mark }) => language === 'sh' && mark === '')
  .map(({ page, line, text }) => [`${page}:${line}`, text] as const);

/** What a block ends with: 0, unless a comment in it says `# exit code 3`. */
const codeOf = (block: string): number => Number(/# exit code (\d+)/.exec(block)?.[1] ?? 0);

describe('commands of the pages', {
  skip: process.platform === 'win32' ? 'they are written for bash' : false,
  concurrency: 2,
}, () => {
  let room: PageRoom;
  before(async () => {
    room = await pageRoom();
  });
  after(() => room.close());

  for (const [where, block] of [...examples, ...blocks].filter(
    ([, text]) => !printed.some(([command]) => command === text),
  ))
    test(`${where}: ${block.split('\n')[0]}`, async () => {
      const { code, out } = await room.run(block);
      assert.equal(code, codeOf(block), `\n${block}\nsaid:\n${out}`);
    });

  for (const [command, { page, line, language, text }] of printed)
    test(`${page}:${line} is what ${command} prints, but for numbers, times and places`, async () => {
      const { out } = await room.run(`${command} 2>/dev/null`);
      if (language === 'json') return assert.deepEqual(differences(JSON.parse(text), JSON.parse(out)), []);
      const found = out.split('\n').map(lineShape);
      for (const each of text.split('\n')) assert.ok(found.includes(lineShape(each)), `${each}\nis not in\n${out}`);
    });
});
