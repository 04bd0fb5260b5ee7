import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filePath } from '../../shared/lake/paths.ts';
import { settledName } from '../../shared/pipeline/audit/settled.ts';
import { retiredName } from '../../shared/pipeline/retention/retired-word.ts';

const words: readonly (readonly [app: string, word: string])[] = [
  ['shop', 'shop'],
  ['my shop', 'my shop'],
  ['a/b', 'a%2Fb'],
  ['100 %', '100 %25'],
  ['a%2Fb', 'a%252Fb'],
  ['Größe', 'Größe'],
  ['商店', '商店'],
  ['../x', '%2E.%2Fx'],
  ['_x.', '%5Fx%2E'],
  ['a:b?c#d\\e', 'a%3Ab%3Fc%23d%5Ce'],
];

for (const [app, word] of words)
  test(`${app}: one folder name in data, settled and retired files`, () => {
    const feed = { app, signal: 'requests', source: 'query' } as const;
    const window = { ...feed, start: 0, end: 3_600_000 };
    const form = { signal: 'requests', partition: 0, part: 1, format: 'csv', gzip: false } as const;
    const path = filePath('{signal}/app={app}/{yyyy}{MM}{dd}/{source}_{start}_{end}.csv', { window, ...form });
    assert.equal(path.split('/')[1], `app=${word}`);
    assert.equal(settledName(feed), `_insights-lake/settled/app=${word}/requests.json`);
    assert.equal(retiredName(feed), `_insights-lake/retired/app=${word}/requests-query.json`);
  });
