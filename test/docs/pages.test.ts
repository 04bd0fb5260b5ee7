import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { settingsDocument } from '../../shared/config/schema.ts';
import { writeArchive } from '../interop/archive.ts';

/** What the pages promise: links lead somewhere, documents are documents, and SQL runs on a lake. */

const root = join(import.meta.dirname, '..', '..');
const docs = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
const pages = ['README.md', 'SECURITY.md', 'CHANGELOG.md', ...docs.map((name) => `docs/${name}`)];
const textOf = (page: string): string => readFileSync(join(root, page), 'utf8');

/** Fenced blocks in that language. */
const blocks = (page: string, language: string): string[] =>
  [...textOf(page).matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(([, text = '']) => text);

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

test('the way in leads to every page', () => {
  const index = textOf('docs/README.md');
  const missing = docs.filter((name) => name !== 'README.md' && !index.includes(`](${name}`));
  assert.deepEqual(missing, []);
});

test('every settings document of the pages is one', () => {
  const found = pages.flatMap((page) => blocks(page, 'json').map((text) => [page, JSON.parse(text)] as const));
  const documents = found.filter(([, value]) => ['apps', 'shape', 'lake'].some((key) => key in value));
  assert.ok(documents.length >= 4, `${documents.length} documents`);
  for (const [page, value] of documents) {
    const { error } = settingsDocument.safeParse(value);
    assert.equal(error, undefined, `${page}: ${error?.message}`);
  }
});

test('every SQL of the pages runs on a lake of ten signals', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'pages-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  await writeArchive(join(folder, 'archive'));
  const ran = spawnSync(
    process.execPath,
    [join(root, 'cli', 'main.ts'), 'transform', join(folder, 'archive'), '--out', join(folder, 'lake')],
    { encoding: 'utf8' },
  );
  assert.ok(existsSync(join(folder, 'lake', 'requests')), ran.stderr);
  const connection = await (await DuckDBInstance.create()).connect();
  t.after(() => connection.closeSync());
  const queries = pages.flatMap((page) => blocks(page, 'sql').map((text) => [page, text] as const));
  assert.ok(queries.length >= 3, `${queries.length} queries`);
  for (const [page, text] of queries) {
    const sql = text.replaceAll("'lake/", `'${join(folder, 'lake').replaceAll('\\', '/')}/`);
    const reader = await connection.runAndReadAll(sql).catch((error) => assert.fail(`${page}: ${error}\n${text}`));
    if (/count\(\*\)/.test(text)) assert.ok(reader.getRows().length > 0, `${page} finds no rows: ${text}`);
  }
});
