import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Signal } from '../../../shared/model.ts';
import { auditLake, differs, type LakeAuditPorts } from '../../../shared/pipeline/audit/audit-lake.ts';
import { readRetired, writeRetired } from '../../../shared/pipeline/retention/retired-word.ts';
import { runWindow } from '../../../shared/pipeline/run.ts';
import { auditedWorld, feed, hour, hourly, start } from './audited.ts';

const everything = { start: 0, end: start * 2, app: '', signals: [] as readonly Signal[], repair: false };

async function fourHours(from = 0) {
  const here = auditedWorld();
  here.add(...hourly(from + 4).slice(from));
  here.setTime(start + 4 * hour);
  await here.plan();
  await here.deliver();
  const audit = (more: Partial<typeof everything> = {}, ports: Partial<LakeAuditPorts> = {}) =>
    auditLake({ ...everything, ...more }, { ...here.ports, ...ports });
  return { ...here, audit };
}
const pathOf = (n: number) => `part-${start / hour + n}`;
const put = async ({ lake }: Awaited<ReturnType<typeof fourHours>>, path: string, text: string) =>
  lake.put(path, new TextEncoder().encode(text), await lake.head(path));

test('a lake that is as its ledger says', async () => {
  const here = await fourHours();
  const found = await here.audit();
  assert.equal(differs(found), false);
  const [only] = found.feeds;
  assert.deepEqual([only?.windows, only?.rows, only?.completeThrough], [4, 4, start + 4 * hour]);
  assert.deepEqual(
    [only?.wrong, only?.gaps, only?.lengths, only?.stopped, found.unknown, found.files],
    [[], [], [], false, [], 4],
  );
});

test('files that were deleted, changed, or put there by others are named, and nothing is changed', async () => {
  const here = await fourHours();
  const tag = await here.lake.head(pathOf(1));
  assert.ok(tag && (await here.lake.remove(pathOf(1), tag)));
  await put(here, pathOf(2), 'somebody wrote this');
  await put(here, 'part-of-another', 'x');
  const before = JSON.stringify(await here.entries());
  const found = await here.audit();
  assert.ok(differs(found));
  assert.deepEqual(found.feeds[0]?.wrong, [
    { path: pathOf(1), problem: 'missing', expected: 5, found: undefined },
    { path: pathOf(2), problem: 'differs', expected: 5, found: 19 },
  ]);
  assert.deepEqual(found.unknown, ['part-of-another']);
  assert.equal(JSON.stringify(await here.entries()), before);
  assert.deepEqual(here.sent, []);

  const repaired = await here.audit({ repair: true });
  assert.equal(repaired.feeds[0]?.repaired, 2);
  assert.deepEqual(await here.deliver(), ['done', 'done']);
  assert.deepEqual(await here.differing(), []);
  assert.deepEqual((await here.audit()).feeds[0]?.wrong, []);
});

test('an empty file that was tidied away is not missing; windows under way are not judged', async () => {
  const here = await fourHours();
  here.purge(({ word }) => word === 'row 0');
  await here.audit();
  for (const n of [0, 3]) {
    const seen = await here.ledger.read({ ...feed, start: start + n * hour, end: start + (n + 1) * hour });
    assert.ok(seen);
    await here.ledger.write({ ...seen.value, again: true }, seen.etag);
  }
  await runWindow({ ...feed, start, end: start + hour }, here.ports);
  for (const n of [0, 3]) {
    const tag = await here.lake.head(pathOf(n));
    assert.ok(tag && (await here.lake.remove(pathOf(n), tag)));
  }
  const [only] = (await here.audit()).feeds;
  assert.deepEqual([only?.wrong, only?.open], [[], 1]);
});

test('time that the lake has let go by its rules is no gap', async () => {
  const here = await fourHours();
  const seen = await here.ledger.read({ ...feed, start, end: start + hour });
  assert.ok(seen);
  await here.ledger.write(
    { ...seen.value, window: { ...feed, start: start + 6 * hour, end: start + 7 * hour } },
    undefined,
  );
  const retired = { keptFrom: start + 5 * hour, through: start, lake: '' };
  await writeRetired(here.lake, feed, retired, undefined);
  const gapsOf = async () => (await here.audit()).feeds.flatMap(({ gaps }) => gaps);
  assert.deepEqual(await gapsOf(), [{ start: start + 5 * hour, end: start + 6 * hour }]);
  await writeRetired(here.lake, feed, { ...retired, keptFrom: start + 9 * hour }, await readRetired(here.lake, feed));
  assert.deepEqual(await gapsOf(), []);
});

test('gaps, windows of several lengths, and feeds that nobody plans any more', async () => {
  const here = await fourHours();
  const seen = await here.ledger.read({ ...feed, start, end: start + hour });
  assert.ok(seen);
  const far = { ...feed, start: start + 6 * hour, end: start + 8 * hour };
  await here.ledger.write({ ...seen.value, window: far, files: [] }, undefined);
  const [only] = (await here.audit({}, { feeds: [{ ...feed, signal: 'traces' }] })).feeds;
  assert.deepEqual(only?.gaps, [{ start: start + 4 * hour, end: start + 6 * hour }]);
  assert.deepEqual([only?.lengths, only?.stopped, only?.completeThrough], [[hour, 2 * hour], true, start + 4 * hour]);
  assert.deepEqual((await here.audit({ app: 'other' })).feeds, []);
  assert.deepEqual((await here.audit({ signals: ['traces'] })).feeds, []);
  const part = await here.audit({ start: start + 2 * hour, end: start + 4 * hour });
  assert.deepEqual([part.feeds[0]?.windows, part.unknown], [2, []], 'files of other windows are known all the same');
});

test('files of others are named wherever the feed could have some, in folders of times without rows too', async () => {
  const templates: readonly (readonly [own: string, foreign: readonly string[], others: readonly string[]])[] = [
    [
      'requests/app=shop/date=2026-01-01/hour=03/query_20260101T030000Z_20260101T040000Z.csv',
      [
        'requests/app=shop/date=2026-01-01/hour=03/x.csv',
        'requests/app=shop/date=2026-01-01/hour=03/notes.txt',
        'requests/app=shop/date=2026-01-01/hour=17/x.csv',
        'requests/app=shop/date=2025-12-24/x.csv.gz',
        'requests/app=shop/x.parquet',
      ],
      [
        ...['requests/app=pay/date=2026-01-01/hour=03/x.csv', 'other/x.csv', 'x.csv', 'requests/x.csv'],
        ...['_SUCCESS', '.DS_Store', '_delta_log/0.json', '_old/date=2026-01-01/x.csv', 'date=2026-01-02/_x.csv'].map(
          (name) => `requests/app=shop/${name}`,
        ),
        ...['README.md', 'backup/2020/x.csv', 'date=2026-01-02/notes.txt', 'date=2026-01-01/hour=03/_SUCCESS'].map(
          (name) => `requests/app=shop/${name}`,
        ),
      ],
    ],
    [
      '2026/01/01/requests/shop/query_20260101T030000Z_20260101T040000Z.csv',
      ['2026/01/02/requests/shop/x.csv', '2025/12/31/requests/shop/x.csv'],
      ['2026/01/01/requests/pay/x.csv', '2026/01/01/x.csv', 'reports/2026/x.csv'],
    ],
    [
      'telemetry/2026/01/01/requests/shop/query_20260101T030000Z_20260101T040000Z.csv',
      ['telemetry/2026/01/02/requests/shop/x.ndjson'],
      ['telemetry/README.md', 'telemetry/dashboards/a.json', 'telemetry/x.csv', 'telemetry/2026/01/02/x.csv'],
    ],
    [
      'requests/shop/2026/01/01/query_20260101T030000Z_20260101T040000Z.csv',
      ['requests/shop/2026/x.csv'],
      ['requests/shop/reports/2026/q1.csv'],
    ],
    [
      'requests/shop/query_20260101T030000Z_20260101T040000Z.csv',
      ['requests/shop/x.csv'],
      ['requests/x.csv', 'requests/shop/old/x.csv', 'requests/shop/.x.csv.crc'],
    ],
  ];
  for (const [own, foreign, others] of templates) {
    const here = await fourHours();
    const window = { ...feed, start: start + 3 * hour, end: start + 4 * hour };
    const seen = await here.ledger.read(window);
    assert.ok(seen);
    const files = [{ path: own, signal: 'requests' as const, rows: 1, bytes: 1 }];
    assert.ok(await here.ledger.write({ ...seen.value, files }, seen.etag));
    for (const path of [own, ...foreign, ...others]) await put(here, path, 'x');
    const range = { start: window.start, end: window.end };
    const found = await here.audit({ ...range, app: 'shop' });
    assert.deepEqual(found.unknown.toSorted(), foreign.toSorted(), own);
  }
});
