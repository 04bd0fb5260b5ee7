import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Bicep, findBicep, howToGetBicep, startBicep } from '../../infra/compiler.ts';
import { allFences, fencesOf, pages, root, textOf } from './fences.ts';

/**
 * What the pages say of Azure, held without Azure: parameter files compile, and steps print what they are said to
 * print.
 */

const compiler = findBicep(process.env);

describe('Bicep of the pages', { skip: compiler ? false : howToGetBicep }, () => {
  let bicep: Bicep;
  let folder: string;
  before(async () => {
    bicep = await startBicep(compiler ?? '');
    folder = mkdtempSync(join(root, 'test/infra/snapshots/.pages-')); // the template has a relative path
  });
  after(() => {
    bicep?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Without an error; `whole`: evaluated too, so that combinations that cannot work are refused. */
  async function compile(text: string, where: string, whole = true): Promise<void> {
    const file = join(folder, 'page.bicepparam');
    writeFileSync(file, text.replace("'infra/main.bicep'", "'../../../../infra/main.bicep'"));
    const { diagnostics } = await bicep.compileParameters(file);
    const wrong = diagnostics.filter(({ level, code }) => level !== 'Info' && code !== 'use-recent-api-versions');
    assert.deepEqual(
      wrong.map(({ message }) => message),
      [],
      where,
    );
    if (whole) await bicep.snapshot(file);
  }

  for (const { page, line, text } of allFences.filter(({ language, mark }) => language === 'bicep' && mark === ''))
    test(`${page}:${line} compiles`, async () => {
      const documents = fencesOf(page).filter(({ language }) => language === 'json');
      for (const { text: document } of documents) writeFileSync(join(folder, 'insights-lake.json'), document);
      await compile(text, `${page}:${line}`);
    });

  const inline = pages.flatMap((page) =>
    [...textOf(page).matchAll(/`(param \w+ = [^`]+)`/g)].map(([, text = '']) => [page, text] as const),
  );
  test('single parameters in the text of the pages are what the template takes', async () => {
    assert.ok(inline.length > 3);
    for (const [page, text] of inline)
      await compile(`using 'infra/main.bicep'\nparam use = 'query'\n${text}\n`, page, false);
  });
});

const printed = (by: string) => {
  const found = allFences.filter(({ mark }) => mark === `printed by: ${by}`);
  assert.ok(found.length > 0, by);
  return found.map(({ text }) => text);
};

test('the outputs of a deployment are those of the template, with names as it makes them', () => {
  const { outputs } = JSON.parse(readFileSync(join(root, 'test/infra/snapshots/query.snapshot.json'), 'utf8'));
  for (const text of printed('az deployment group create')) {
    const shown: Record<string, { value: unknown }> = JSON.parse(text);
    assert.deepEqual(Object.keys(shown), Object.keys(outputs));
    for (const [name, { value }] of Object.entries(shown)) {
      assert.equal(typeof value, typeof outputs[name], name);
      const letters = (any: unknown): string => String(any).replace(/[a-z0-9]{13}\b/g, '…');
      if (!/Url$/.test(name)) assert.equal(letters(value), letters(outputs[name]), name);
    }
  }
});

test('what npm run package prints is what the script says', () => {
  const script = textOf('infra/package.ts')
    .replaceAll(/\$\{.*?\}/g, '…')
    .replaceAll('\n', ' ');
  for (const text of printed('npm run package'))
    for (const line of text.split('\n'))
      for (const part of line.split(/[\d.]+( MB| ms)?|…\S*|: \w+, .* load|\S+\.zip/))
        assert.ok(script.includes((part ?? '').trim()), `${JSON.stringify(part)} of ${line}`);
});
