/** lake.json as somebody's editor, a full disk or a careless copy left it. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { run } from '../real.ts';

const base = await mkdtemp(join(tmpdir(), 'insights-word-'));
after(() => rm(base, { recursive: true, force: true }));
const record = JSON.stringify({
  message: [{ raw: 'm' }],
  internal: { data: { id: 'id' } },
  context: { data: { eventTime: '2026-03-04T03:00:00Z' } },
});
let lakes = 0;

async function newLake() {
  const root = join(base, `${++lakes}`);
  const [lake, exports] = [join(root, 'lake'), join(root, 'export')];
  const folder = join(exports, 'shop_1234567890abcdef1234567890abcdef/Messages/2026-03-04/03');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'a.blob'), `${record}\n`);
  const transform = () => run(['transform', exports, '--out', lake]);
  assert.equal((await transform()).code, 0);
  const word = join(lake, '_insights-lake/lake.json');
  return { lake, transform, word, text: await readFile(word, 'utf8') };
}

const spoilt: readonly (readonly [string, (text: string) => string])[] = [
  ['empty', () => ''],
  ['cut short', (text) => text.slice(0, 40)],
  ['there twice', (text) => text + text],
  ['no object', () => '7'],
  ['without its id', (text) => text.replace('"lake"', '"was"')],
];
for (const [what, spoil] of spoilt)
  test(`${what}: nothing runs, adopt says it and writes it anew`, async () => {
    const { lake, transform, word, text } = await newLake();
    await writeFile(word, spoil(text));
    const refused = await transform();
    assert.equal(refused.code, 4);
    assert.match(
      refused.err,
      /lake\.json .*does not say which ledger the lake has; restore it, or insights-lake adopt/,
    );
    const looked = await run(['adopt', '--out', lake]);
    assert.match(
      looked.out,
      /^found: read _insights-lake\/lake\.json.*\n(.*\n)*nothing was changed; --write does it\n$/,
    );
    assert.match((await run(['adopt', '--out', lake, '--write'])).out, /the ledger is the one of this lake now/);
    const again = await transform();
    assert.equal(again.code, 0, again.err);
    assert.equal((await run(['audit', '--out', lake])).code, 0);
  });

test('with a mark of byte order in front it is what it was', async () => {
  const { transform, word, text } = await newLake();
  await writeFile(word, `\uFEFF${text}`);
  assert.equal((await transform()).code, 0);
});
