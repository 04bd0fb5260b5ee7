import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generated } from '../../local/docs/main.ts';
import { ruleOf } from '../../local/docs/settings-page.ts';
import { flatSettings } from '../../shared/config/flat.ts';
import { settingsDocument } from '../../shared/config/schema.ts';
import { parseConfig } from '../../shared/config.ts';
import { textOf } from './fences.ts';

/** What `npm run docs` writes into the pages, and that it is so. */

for (const [name, page] of Object.entries(generated))
  test(`docs/${name} says what the code says (else: npm run docs)`, () => {
    const text = textOf(`docs/${name}`);
    assert.equal(page(text), text);
  });

const settings = textOf('docs/settings.md');
const base = {
  ExportStorage: 'UseDevelopmentStorage=true',
  AzureWebJobsStorage: 'UseDevelopmentStorage=true',
  APP_NAME: 'shop',
  APP_ID: '01234567-89ab-cdef-0123-456789abcdef',
};

/** Rows of the tables of settings: name, and default where it is a value. */
const rows = [...settings.matchAll(/^\| `([A-Z_]+)`[^|]*\|([^|]*)\|/gm)].map(([, name = '', usual = '']) => ({
  name,
  usual: /^ `([^`]*)` $/.exec(usual)?.[1] ?? '',
}));

test('a default of docs/settings.md is what holds where the setting is left out', () => {
  const withDefault = rows.filter(({ name, usual }) => usual !== '' && flatSettings.some(([flat]) => flat === name));
  assert.ok(withDefault.length > 20, `${withDefault.length} defaults`);
  for (const { name, usual } of withDefault) {
    const env = {
      ...base,
      LAKE_FOLDER: './lake',
      EXPORT_CONTAINER: 'exports',
      EXPORT_FROM: '2020-01-01',
      EXPORT_UNTIL: '2020-02-01',
      QUERY_FROM: '2026-01-01',
    };
    assert.equal(
      JSON.stringify(parseConfig({ ...env, [name]: usual })),
      JSON.stringify(parseConfig(env)),
      `${name}=${usual}`,
    );
  }
});

test('every setting that can be wrong says what it must be; bounds are those that are kept', () => {
  for (const [name, path] of flatSettings) {
    const rule = ruleOf(path);
    assert.ok(rule.length > 5, `${name}: ${rule}`);
    const [, least, most] = /^(?:a length from|a whole number from) (\S+) to (\S+?)[, ]|$/.exec(`${rule} `) ?? [];
    if (least === undefined || most === undefined) continue;
    const env = {
      ...base,
      LAKE_FOLDER: './lake',
      EXPORT_CONTAINER: 'exports',
      EXPORT_UNTIL: '2020-02-01',
      QUERY_FROM: '2026-01-01',
    };
    const beyond = most.replace(/\d+/, (text) => String(Number(text) * 2 + 1));
    for (const good of [least, most])
      assert.doesNotThrow(() => parseConfig({ ...env, [name]: good }), `${name}=${good}`);
    assert.throws(() => parseConfig({ ...env, [name]: beyond }), new RegExp(name), `${name}=${beyond}`);
  }
});

test('every section of the settings document has its row in docs/settings.md', () => {
  for (const key of Object.keys(settingsDocument.shape).filter((name) => name !== '$schema'))
    assert.ok(settings.includes(`\n| \`${key}${key === 'apps' ? '[]' : ''}\` |`), key);
});

test('what docs/settings.md calls refused together is refused, by name', () => {
  const [, section = ''] = /## What is refused together\n([\s\S]*?)\n## /.exec(settings) ?? [];
  const refused = section.split('\n').filter((line) => line.startsWith('| `'));
  assert.ok(refused.length > 8);
  for (const line of refused) {
    const pairs = [...(line.split(' | ')[0] ?? '').matchAll(/`(\w+)=([^`]*)`/g)].map(
      ([, name = '', value = '']) => [name, value] as const,
    );
    const own = Object.fromEntries(pairs);
    const place = 'LAKE_FOLDER' in own || 'LAKE_ACCOUNT_URL' in own ? {} : { LAKE_FOLDER: './lake' };
    const names = (line.match(/[A-Z]+_[A-Z_]+/g) ?? []).join('|');
    assert.throws(() => parseConfig({ ...base, ...place, ...own }), new RegExp(names), line);
  }
});
