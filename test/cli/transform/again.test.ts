/** Commands over one lake, one after the other: whatever they are given, no row is lost and none comes twice. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { apartFrom } from '../../../cli/deliver/other-source.ts';
import { listedTasks } from '../../../cli/deliver/tasks.ts';
import { createFolderStore } from '../../../shared/lake/store-folder.ts';
import { plannedEntry } from '../../../shared/pipeline/entry.ts';
import { createStoreLedger } from '../../../shared/state/ledger-store.ts';
import { run } from '../real.ts';
import { classic, diagnostic, flat, KEY, lines, named, newLake, old, put } from './lake-of-commands.ts';

test('an hour in two portions: the second alone leaves the lake as it is, both together bring all', async () => {
  const { root, transform, messages } = newLake();
  const first = await put(join(root, 'first'), { [classic('a.blob')]: lines(0, 5), [classic('b.blob')]: lines(5, 9) });
  const later = await put(join(root, 'later'), { [classic('c.blob')]: lines(9, 12) });
  assert.equal((await transform(first)).code, 0);
  const { code, summary } = await transform(later);
  assert.deepEqual([code, await messages()], [1, named(0, 9)]);
  assert.match(
    summary.incomplete.join('\n'),
    /stays as it is: 2 blobs that it was made of are not here \(.*a\.blob, .*b\.blob\); give all .* or --replace/,
  );
  assert.deepEqual([(await transform(first, later)).code, await messages()], [0, named(0, 12)]);
  assert.deepEqual([(await transform(later, '--replace')).code, await messages()], [0, named(9, 12)]);
});

test('an older copy of a blob that grew leaves the lake as it is; the newer one after the older goes in', async () => {
  const { root, transform, command, messages } = newLake();
  const early = await put(join(root, 'early'), { [diagnostic('05')]: lines(0, 5, flat) });
  const late = await put(join(root, 'late'), { [diagnostic('05')]: lines(0, 9, flat) });
  assert.equal((await transform(early)).code, 0);
  assert.deepEqual([(await transform(late)).code, await messages()], [0, named(0, 9)]);
  const { code, summary } = await transform(early);
  assert.deepEqual([code, await messages()], [1, named(0, 9)]);
  assert.match(summary.incomplete.join('\n'), /1 are shorter than what was read of them/);
  const swept = await command('sweep', '--container', join(early, 'insights-logs-apptraces'));
  assert.deepEqual([swept.code, await messages()], [1, named(0, 9)]);
});

test('transform and sweep of the same hours, in windows of every length, are the same rows', async () => {
  const { root, transform, command, messages } = newLake();
  const files = Object.fromEntries(
    ['04', '05', '06'].map((hour, n) => [diagnostic(hour), lines(n * 3, n * 3 + 3, (id) => flat(id, hour))]),
  );
  const folder = await put(join(root, 'download'), files);
  const commands = [
    () => transform(join(folder, dirname(diagnostic('05')))),
    () => transform(folder, '--window', '1d'),
    () => command('sweep', '--container', folder, '--window', '6h'),
    () => transform(folder),
  ];
  for (const each of commands) assert.equal((await each()).code, 0);
  assert.deepEqual(await messages(), named(0, 9));
});

test('a loose file that changes, grows, moves, or is packed again is one file', async () => {
  const { root, transform, messages } = newLake();
  const folder = await put(join(root, 'x'), { 'result.json': lines(0, 5) });
  await transform(folder);
  await put(folder, { 'result.json': lines(1, 7) });
  assert.deepEqual([(await transform(folder)).code, await messages()], [0, named(1, 7)]);
  await put(folder, { 'result.json': lines(1, 9) });
  await rename(join(folder, 'result.json'), join(folder, 'moved.json'));
  assert.deepEqual([(await transform(folder)).code, await messages()], [0, named(1, 9)]);
  const packed = await put(join(root, 'y'), { 'moved.json.gz': gzipSync(lines(1, 9)), 'more.json': lines(20, 22) });
  const { code, summary } = await transform(folder, packed);
  assert.deepEqual([code, await messages()], [0, [...named(1, 9), ...named(20, 22)].sort()]);
  assert.match(summary.notices.join('\n'), /1 file holds what another holds, and counts once: moved/);
});

test('a lake that has lost what it knew of its loose files takes none over their time, until their rows are gone', async () => {
  const { root, lake, transform, messages } = newLake();
  const results = join(root, 'results');
  await put(results, { 'a.json': lines(0, 5, flat) });
  assert.equal((await transform(results)).code, 0);
  const memory = join(lake, '_insights-lake', 'loose.json');
  const kept = await readFile(memory);
  await rm(memory);
  assert.equal((await transform(results)).code, 0, 'as it was, it is found again');
  assert.deepEqual(await messages(), named(0, 5));
  await rm(memory);
  await put(results, { 'a.json': lines(0, 9, flat) });
  const refused = await run(['transform', results, '--out', lake, '--format', 'ndjson']);
  assert.equal(refused.code, 4, refused.out);
  assert.match(refused.err, /the lake has 5 rows of loose files of archive traces .*loose\.json is gone/);
  assert.deepEqual(await messages(), named(0, 5));
  const other = await put(join(root, 'other'), { 'b.json': lines(20, 22, (id) => flat(id, '09')) });
  assert.equal((await transform(other)).code, 0, 'of another hour');
  await writeFile(memory, kept);
  assert.equal((await transform(results, other)).code, 0, 'as it was before the other came');
  const all = [...named(0, 9), ...named(20, 22)].sort();
  assert.deepEqual(await messages(), all);
  // What operations.md says.
  await rm(join(lake, '_insights-lake'), { recursive: true });
  await put(results, { 'a.json': lines(0, 5, flat), 'c.json': lines(5, 9, flat) });
  for (const name of await readdir(lake, { recursive: true }))
    if (/file-[^/]*\.ndjson$/.test(name)) await rm(join(lake, name));
  const adopted = await run(['adopt', '--write', '--out', lake]);
  assert.equal(adopted.code, 3, 'nothing else was there, so there is no lake any more');
  assert.equal((await transform(results, other)).code, 0);
  assert.deepEqual(await messages(), all);
});

test('files of one name and one beginning are two, in one command or in two', async () => {
  const [one, two] = [newLake(), newLake()];
  const some = lines(0, 4, flat);
  const files = { 'first/result.json': some + flat(4), 'second/result.json': some + lines(10, 13, flat) };
  const folder = await put(join(one.root, 'x'), files);
  assert.deepEqual([(await one.transform(folder)).code, (await one.messages()).length], [0, 12]);
  for (const name of Object.keys(files)) assert.equal((await two.transform(join(folder, name))).code, 0);
  assert.equal((await two.messages()).length, 12);
});

test('many small files share lake files by day; one that changes brings the others along, or stays', async () => {
  const { root, transform, messages } = newLake();
  const files = Object.fromEntries(Array.from({ length: 12 }, (_, n) => [`f${n}.json`, old(n, n < 6 ? '04' : '05')]));
  const folder = await put(join(root, 'x'), files);
  const { summary } = await transform(folder);
  assert.deepEqual([summary.totals.windows, summary.totals.files, await messages()], [2, 2, named(0, 12)]);
  await put(folder, { 'f3.json': old(30) });
  const changed = named(0, 12).map((name) => (name === 'm3' ? 'm30' : name));
  assert.deepEqual([(await transform(join(folder, 'f3.json'))).code, await messages()], [0, changed.toSorted()]);
  await rm(join(folder, 'f4.json'));
  assert.deepEqual([(await transform(join(folder, 'f5.json'))).code, await messages()], [0, changed.toSorted()]);
  await put(folder, { 'f3.json': old(31) });
  const lacking = await transform(join(folder, 'f3.json'));
  assert.deepEqual([lacking.code, await messages()], [1, changed.toSorted()]);
  assert.match(lacking.summary.incomplete.join('\n'), /stay as they are.*f4\.json.*--replace/);
  const rest = changed.filter((name) => name !== 'm4').map((name) => (name === 'm30' ? 'm31' : name));
  assert.deepEqual([(await transform(folder, '--replace')).code, await messages()], [0, rest.toSorted()]);
});

test('a file of many days goes below the day of each row', async () => {
  const { root, lake, transform } = newLake();
  const days = ['01', '05', '09', '20'];
  const folder = await put(join(root, 'x'), { 'march.json': days.map((day, n) => old(n, day)).join('') });
  assert.equal((await transform(folder)).code, 0);
  const names = (await readdir(join(lake, 'traces'), { recursive: true })).filter((name) => name.endsWith('.ndjson'));
  assert.deepEqual(names.map((name) => /date=2026-03-(\d\d)/.exec(name)?.[1]).sort(), days);
});

test('folders that would share a short name go by two, and keep them; another name is refused', async () => {
  const { root, transform, messages } = newLake();
  const other = `SHOP_${'f'.repeat(32)}`;
  const folder = await put(join(root, 'x'), {
    [classic('a.blob')]: lines(0, 3),
    [classic('b.blob', '05', other)]: lines(0, 3),
  });
  for (const _ of [1, 2]) {
    const { code, summary } = await transform(folder);
    assert.deepEqual([code, await messages()], [0, [...named(0, 3), ...named(0, 3)].sort()]);
    assert.equal(new Set(summary.signals.map(({ app }) => app)).size, 2);
  }
  const renamed = await run([
    'transform',
    folder,
    '--app',
    `shop_${KEY}=till`,
    '--out',
    join(root, 'lake'),
    '--format',
    'ndjson',
  ]);
  assert.deepEqual([renamed.code, await messages()], [2, [...named(0, 3), ...named(0, 3)].sort()]);
  const fresh = newLake();
  await fresh.transform(folder, '--app', `shop_${KEY}=till`, '--app', `${other}=desk`);
  assert.deepEqual((await readdir(join(fresh.lake, 'traces'))).sort(), ['app=desk', 'app=till']);
});

test('query and blobs of one app, signal and time are refused, whichever comes second', async () => {
  const { root, lake, transform, messages } = newLake();
  const folder = await put(join(root, 'x'), {
    [classic('a.blob')]: lines(0, 3),
    [classic('b.blob', '07')]: lines(3, 5),
  });
  const ledger = createStoreLedger(createFolderStore(lake));
  const queried = {
    app: 'shop',
    signal: 'traces',
    source: 'query',
    start: Date.UTC(2026, 2, 4),
    end: Date.UTC(2026, 2, 4, 6),
  } as const;
  const path = 'traces/query_20260304T0000Z_20260304T0600Z.ndjson';
  await put(lake, { [path]: '' });
  const file = { path, signal: 'traces', rows: 1, bytes: 1 } as const;
  await ledger.write({ ...plannedEntry(queried), state: 'done', doneAt: 1, files: [file] }, undefined);
  const { code, summary } = await transform(folder);
  assert.deepEqual([code, await messages()], [1, named(3, 5)]);
  assert.match(
    summary.incomplete.join(),
    /1 windows of shop traces .* are left out, for the lake has that time from the query API/,
  );
  const refused = await apartFrom(
    listedTasks([{ window: { ...queried, start: Date.UTC(2026, 2, 4, 7), end: Date.UTC(2026, 2, 4, 8) }, weight: 1 }]),
    { ledger, lake: createFolderStore(lake), clock: { now: Date.now }, orphaned: false },
    false,
  );
  assert.deepEqual([refused.tasks, refused.incomplete.length], [[], 1]);
});

test('a lake of an earlier version: its windows stay where they are, and nothing comes twice', async () => {
  const { root, lake, transform, command, messages } = newLake();
  const folder = await put(join(root, 'x'), { [classic('a.blob')]: lines(0, 3), 'loose.json': lines(10, 12) });
  const ledger = createStoreLedger(createFolderStore(lake));
  const hash = (text: string) => createHash('sha256').update(text).digest('hex');
  const place = { signal: 'traces', start: Date.UTC(2026, 2, 4, 5), end: Date.UTC(2026, 2, 4, 6) } as const;
  const sources = [
    ['shop', `continuous-${hash(`shop_${KEY}/messages`).slice(0, 8)}`],
    ['archive', `file-${hash(`loose.json ${hash(lines(10, 12)).slice(0, 16)}`).slice(0, 8)}`],
  ] as const;
  for (const [app, source] of sources)
    await ledger.write(
      { ...plannedEntry({ app, source, ...place }), state: 'done', doneAt: 1, fingerprint: 'old' },
      undefined,
    );
  for (const _ of [1, 2]) assert.equal((await transform(folder)).code, 0);
  assert.deepEqual(await messages(), [...named(0, 3), ...named(10, 12)].sort());
  const feeds = (await Array.fromAsync(ledger.feeds())).map(({ app, source }) => [app, source]);
  assert.deepEqual(feeds.sort(), [...sources].sort());
  const swept = await command('sweep', '--container', folder);
  assert.deepEqual([swept.code, await messages()], [1, [...named(0, 3), ...named(10, 12)].sort()]);
});

test('records of one id that differ are all kept; --dedupe says which of the others are one', async () => {
  const twice = old(1) + old(1) + old(1).replace('m1', 'm2') + flat(3) + flat(3);
  for (const [dedupe, expected] of [
    [[], ['m1', 'm2', 'm3', 'm3']],
    [
      ['--dedupe', 'record'],
      ['m1', 'm2', 'm3'],
    ],
    [
      ['--dedupe', 'none'],
      ['m1', 'm1', 'm2', 'm3', 'm3'],
    ],
  ] as const) {
    const { root, transform, messages } = newLake();
    const folder = await put(join(root, 'x'), { 'some.json': twice });
    assert.deepEqual([(await transform(folder, ...dedupe)).code, await messages()], [0, expected]);
  }
});
