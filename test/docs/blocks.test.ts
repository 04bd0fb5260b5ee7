import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { commandOf, commands } from '../../cli/all-commands.ts';
import { generalHelp, helpText } from '../../cli/flags/help.ts';
import { flagsOf } from '../../cli/flags/table.ts';
import { parseConfig } from '../../shared/config.ts';
import { allFences, type Fence, pages, root, textOf } from './fences.ts';

/** Every block of the pages says what it is, so that some test holds it; docs/README.md tells writers how. */

const at = ({ page, line }: Fence): string => `${page}:${line}`;
const notRun = /^not run: \S.{5,}/;
/** Languages that a test runs or reads: commands.test.ts, pages.test.ts, azure.test.ts. */
const held = ['sh', 'sql', 'json', 'text', 'bicep', ''];

test('every block has a language that a test holds, or a mark that says why it is not run', () => {
  const wrong = allFences
    .filter(({ language, mark }) => !held.includes(language) && !notRun.test(mark))
    .map((fence) => `${at(fence)}: ${fence.language} is not run: put <!-- not run: why --> in the line above`);
  assert.deepEqual(wrong, []);
  const odd = allFences.filter(
    ({ mark }) => mark !== '' && !/^(not run|printed by): \S|^(drawing|settings)$/.test(mark),
  );
  assert.deepEqual(odd.map(at), [], 'marks are: not run: why; printed by: command; drawing; settings');
});

test('a block without a language is a help text, in docs/cli.md; all else says sh, text, json or sql', () => {
  const helps = [generalHelp(commands), ...commands.map(helpText)];
  const wrong = allFences.filter(({ language, text }) => language === '' && !helps.includes(text));
  assert.deepEqual(wrong.map(at), [], 'write ```sh for commands (they are run), ```text for what is printed');
});

test('a block of text is settings that can be loaded, a drawing, or what a command prints', () => {
  const texts = allFences.filter(({ language }) => language === 'text');
  assert.deepEqual(texts.filter(({ mark }) => mark === '').map(at), [], 'put <!-- printed by: command --> above it');
  for (const fence of texts.filter(({ mark }) => mark === 'settings')) {
    const lines = [...fence.text.matchAll(/^(\w+)=(\S*)/gm)].map(([, name = '', value = '']) => [name, value]);
    const env = { ...Object.fromEntries(lines), AzureWebJobsStorage: 'UseDevelopmentStorage=true' };
    assert.doesNotThrow(() => parseConfig(env), at(fence));
  }
});

/** Sentences that the demonstration says, without what changes from run to run. */
test('what npm start prints is what the demonstration says', () => {
  const said = globSync(join(root, 'local/demo/*.ts'))
    .map((path) => readFileSync(path, 'utf8'))
    .join('\n');
  const fences = allFences.filter(({ mark }) => mark === 'printed by: npm start');
  assert.ok(fences.length > 0);
  for (const fence of fences)
    for (const line of fence.text.split('\n').filter((each) => /[a-z]{4}/.test(each))) {
      const parts = line
        .replace(/^ +[\d.]+ s +/, '')
        .split(
          /\(.*?\)|\.insights-lake\S*|[\d,.]+( [kM]B)?|\bstore\b|\b(?:requests|dependencies|all)\b {2}.*|[:;=…] ?| {2,}/,
        )
        .map((part) => part?.trim() ?? '');
      for (const part of parts.filter((each) => each.length > 11))
        assert.ok(said.includes(part), `${at(fence)}: the demonstration never says ${JSON.stringify(part)}`);
    }
});

/** `insights-lake …` in the text of a page, with the flags that it names. */
const inline = pages.flatMap((page) =>
  [...textOf(page).matchAll(/`(?:npx )?insights-lake ([a-z][^`]*)`/g)].map(([, words = '']) => [page, words] as const),
);

test('commands and flags in the text of the pages are there', () => {
  assert.ok(inline.length > 20);
  const known = commands.flatMap(({ name }) => flagsOf(name).map(([flag]) => flag));
  for (const [page, words] of inline) {
    const name = words.split(/[ <]/)[0] ?? '';
    if (name === 'help' || words.startsWith('…')) continue;
    const command = commandOf(name);
    const flags = flagsOf(command.name).map(([flag]) => flag);
    for (const [, flag = ''] of words.matchAll(/--([a-z][a-z-]*)/g))
      assert.ok(flags.includes(flag) || flag === 'help', `${page}: ${name} has no --${flag}`);
  }
  for (const page of pages)
    for (const [, flag = ''] of textOf(page).matchAll(/`--([a-z][\w-]+)[^`]*`/g))
      assert.ok([...known, 'help', 'version', ...foreign].includes(flag), `${page}: no command has --${flag}`);
});

/** Flags of other programs that the pages name by themselves. */
const foreign = ['skipApiVersionCheck', 'jobs', 'spark', 'omit'];

test('npx insights-lake is only where a checkout is; no page has it run what a stranger published', () => {
  const wrong = pages.filter(
    (page) => !['README.md', 'docs/cli.md'].includes(page) && /npx insights-lake/.test(textOf(page)),
  );
  assert.deepEqual(wrong, [], 'write insights-lake …, and link docs/cli.md#getting-it');
});

test('versions of Node stand in one table, in README', () => {
  const free = ['README.md', 'CHANGELOG.md', 'docs/figures.md']; // figures say where they were measured
  const elsewhere = pages.filter((page) => !free.includes(page) && /\bNode \d/.test(textOf(page)));
  assert.deepEqual(elsewhere, [], 'link README.md#versions-of-node');
});

test('no line of a page is longer than 600 characters', () => {
  const long = pages
    .filter((page) => page !== 'CHANGELOG.md')
    .flatMap((page) =>
      textOf(page)
        .split('\n')
        .map((line, at) => [`${page}:${at + 1}`, line.length] as const),
    )
    .filter(([, length]) => length > 600);
  assert.deepEqual(long, [], 'part the paragraph: one idea a sentence, one thing a paragraph');
});

/** Without blocks: what a script printed once is an example. */
const prose = (page: string): string => textOf(page).replaceAll(/^```.*?^```$/gms, '');

test('sizes of what is published or installed stand in docs/figures.md alone', () => {
  const told = pages.filter(
    (page) =>
      !/figures|decisions|CHANGELOG/.test(page) &&
      /\b\d+(\.\d+)? MB (of disk|unpacked|as a zip|zipped)|MB\/s/.test(prose(page)),
  );
  assert.deepEqual(told, [], 'link docs/figures.md instead');
});

test('what --json prints is shown for every command that has it', () => {
  const marks = allFences.filter(({ language }) => language === 'json').map(({ mark }) => mark);
  // One document for those that bring windows into a lake, one for orders; that of status is
  // docs/status-api.openapi.json.
  const shown: Readonly<Record<string, string>> = { transform: 'export', resume: 'pause', disable: 'pause' };
  const silent = commands
    .map(({ name }) => name)
    .filter((name) => name !== 'status' && flagsOf(name).some(([flag]) => flag === 'json'))
    .filter((name) => !marks.some((mark) => mark.startsWith(`printed by: insights-lake ${shown[name] ?? name} `)));
  assert.deepEqual(silent, [], 'put <!-- printed by: insights-lake … --json --> above an example in docs/cli.md');
});

test('docs/decisions.md has a heading for each choice, and none twice', () => {
  const text = textOf('docs/decisions.md');
  const headings: readonly string[] = text.match(/^### .*$/gm) ?? [];
  assert.ok(headings.length > 50);
  assert.deepEqual(
    headings.filter((heading, at) => headings.indexOf(heading) !== at),
    [],
  );
  assert.deepEqual(text.match(/^- \*\*/gm) ?? [], [], 'write ### and the choice, then the reason with its figure');
  const said = headings.filter((heading) => text.includes(`${heading}\n${heading.slice('### '.length)}`));
  assert.deepEqual(said, [], 'the text goes on from its heading, and does not begin with it again');
});

test('CHANGELOG.md says each change once: two entries that begin alike are one that a rebase has repeated', () => {
  const begins = textOf('CHANGELOG.md')
    .split('\n')
    .filter((line) => line.startsWith('- '))
    .map((line) => line.slice(0, 60));
  assert.deepEqual(
    begins.filter((begin, at) => begins.indexOf(begin) !== at),
    [],
  );
});
