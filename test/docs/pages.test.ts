import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { settingsDocument } from '../../shared/config/schema.ts';
import { shapeFaults, shapingOf } from '../../shared/config/shape.ts';
import { readConditions } from '../../shared/engine/where/conditions.ts';
import { parseAll } from '../../shared/engine/where/parse.ts';
import { writeArchive } from '../interop/archive.ts';
import { allFences, pages, root, textOf } from './fences.ts';

/** What the pages promise: links lead somewhere, documents are documents, and SQL runs on a lake. */

const docs = pages.filter((page) => page.startsWith('docs/')).map((page) => page.slice(5));

/** Fenced blocks in that language. */
const blocks = (page: string, language: string): string[] =>
  allFences
    .filter((fence) => fence.page === page && fence.language === language && !fence.mark.startsWith('not run'))
    .map(({ text }) => text);

/** As the forges make anchors of headings. */
const anchorsOf = (page: string): string[] =>
  [...textOf(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );

test('every link of the pages leads to a page, and to a heading in it', () => {
  const broken = pages.flatMap((page) =>
    [
      ...textOf(page)
        .replaceAll(/^```.*?^```$/gms, '')
        .matchAll(/\]\((?!https?:)([^)\s]*)\)/g),
    ]
      .map(([, link = '']) => link)
      .filter((link) => {
        const [file = '', anchor = ''] = link.split('#');
        const target = file === '' ? page : normalize(join(dirname(page), file)).replaceAll('\\', '/');
        if (!existsSync(join(root, target))) return true;
        return anchor !== '' && !anchorsOf(target).includes(anchor);
      })
      .map((link) => `${page} → ${link}`),
  );
  assert.deepEqual(broken, []);
});

test('every file of ours that a page names is there', (t) => {
  const files = spawnSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' }).stdout?.split('\n');
  if (files === undefined || files.length < 2) return t.skip('no git here, so nothing says which files are ours');
  const named = pages
    .filter((page) => page !== 'CHANGELOG.md')
    .flatMap((page) =>
      [...textOf(page).matchAll(/(?<![\w./-])(?:\.\.\/)*([\w/-]+(?:\.test)?\.(?:ts|bicep|bicepparam|kql|py))\b/g)].map(
        ([, name = '']) => [page, name] as const,
      ),
    );
  assert.ok(named.length > 100, `${named.length} names`);
  const gone = named.filter(
    ([, name]) => name !== 'my.bicepparam' && !files.some((file) => `/${file}`.endsWith(`/${name}`)),
  );
  assert.deepEqual(gone, []);
});

test('the way in leads to every page', () => {
  const index = textOf('docs/README.md');
  const missing = docs.filter((name) => name !== 'README.md' && !index.includes(`](${name}`));
  assert.deepEqual(missing, []);
});

test('README tells of every function, and of no other', () => {
  const [, table = ''] = /\| function \|.*?\n(.*?)\n\n/s.exec(textOf('README.md')) ?? [];
  const told = [...table.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => `${name}.ts`);
  assert.deepEqual(told.sort(), readdirSync(join(root, 'functions')).sort());
});

test('every settings document of the pages is one, columns and conditions of its shapes included', async () => {
  const found = pages.flatMap((page) => blocks(page, 'json').map((text) => [page, JSON.parse(text)] as const));
  const documents = found.filter(([, value]) => ['apps', 'shape', 'lake'].some((key) => key in value));
  assert.ok(documents.length >= 4, `${documents.length} documents`);
  for (const [page, value] of documents) {
    const { data, error } = settingsDocument.safeParse(value);
    assert.ok(data !== undefined, `${page}: ${error?.message}`);
    const env = { SHAPE_HASH_KEY: 'a key that the pages do not show' };
    const { faults } = await readConditions(shapingOf(data.shape, env), parseAll);
    const columns = shapeFaults(data, 'a/{ext}', env).map(({ text }) => text);
    assert.deepEqual([...columns, ...faults], [], page);
  }
});

test('every SQL of the pages runs on a lake of ten signals', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'pages-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  await writeArchive(join(folder, 'archive'));
  for (const format of ['parquet', 'ndjson', 'csv']) {
    const words = [
      'transform',
      format === 'parquet' ? 'archive' : 'archive/insights-logs-apprequests',
      '--out',
      `lake-${format}`,
      '--format',
      format,
    ];
    const main = join(root, 'cli', 'main.ts');
    const ran = spawnSync(process.execPath, [main, ...words], { cwd: folder, encoding: 'utf8' });
    assert.ok(existsSync(join(folder, `lake-${format}`, 'requests')), ran.stderr);
  }
  const connection = await (await DuckDBInstance.create()).connect();
  t.after(() => connection.closeSync());
  const queries = pages.flatMap((page) => blocks(page, 'sql').map((text) => [page, text] as const));
  assert.ok(queries.length >= 3, `${queries.length} queries`);
  for (const [page, text] of queries) {
    const place = join(folder, 'lake').replaceAll('\\', '/');
    const sql = text.replaceAll(/'lake\/([^']*\.(\w+))'/g, (_, path, format) => `'${place}-${format}/${path}'`);
    for (const statement of sql.split(/;\n/)) {
      const reader = await connection
        .runAndReadAll(statement)
        .catch((error) => assert.fail(`${page}: ${error}\n${text}`));
      if (/count\(\*\)|SELECT \*/.test(text)) assert.ok(reader.getRows().length > 0, `${page} finds no rows: ${text}`);
    }
  }
});
