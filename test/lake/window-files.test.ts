/** The files of one window, found in a lake by what their paths begin with. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { filePath, quarantinePath, windowPrefixes } from '../../shared/lake/paths.ts';
import { createMemoryStore } from '../../shared/lake/store-memory.ts';
import type { ObjectStore, Signal, Window } from '../../shared/model.ts';
import { windowFiles } from '../../shared/wire/stories.ts';

const [hour, day] = [3_600_000, 86_400_000];
const window: Window = {
  ...{ app: 'Größe 7/ä %x', signal: 'requests', source: 'continuous' },
  ...{ start: Date.UTC(2026, 0, 1, 2), end: Date.UTC(2026, 0, 1, 3) },
};
const templates = [
  '{signal}/app={app}/date={yyyy}-{MM}-{dd}/hour={HH}/{source}_{start}_{end}.{ext}',
  '{dd}/{MM}/{yyyy}/{signal}/{app}_{source}_{start}_{end}.csv',
  '{start}_{end}/{app}/{signal}/{source}/{yyyy}/{MM}/{dd}.{ext}',
];
const at = (template: string, of: Window, signal: Signal, partition: number, part = 1) =>
  filePath(template, { window: of, signal, partition, part, format: 'csv', gzip: false });

for (const template of templates)
  test(`all files of a window begin as it is said: ${template}`, () => {
    const size = template.includes('{HH}') ? hour : day;
    for (const signal of ['requests', 'traces'] as const) {
      const prefixes = windowPrefixes(template, window, signal);
      for (let at = -31 * 24; at < 49; at++) {
        const partition = Math.floor((window.start + at * hour) / size) * size;
        const path = filePath(template, { window, signal, partition, part: 2, format: 'csv', gzip: false });
        assert.ok(
          prefixes.some((prefix) => path.startsWith(prefix)),
          `${path} begins with none of ${prefixes}`,
        );
      }
    }
  });

test('files of the window, of other signals and in quarantine; none of its neighbours', async () => {
  const lake = createMemoryStore();
  const [own = '', other = ''] = templates;
  const before = { ...window, start: window.start - hour, end: window.start };
  const mine = [
    at(own, window, 'requests', window.start),
    at(own, window, 'requests', window.start - 30 * day, 2),
    at(own, window, 'traces', window.start + day),
    quarantinePath(window),
  ];
  const others = [
    at(own, before, 'requests', window.start),
    at(own, { ...window, app: 'other' }, 'requests', window.start),
    at(own, { ...window, source: 'query' }, 'requests', window.start),
    at(own, { ...window, signal: 'traces' }, 'requests', window.start),
    at(other, { ...window, end: window.end + hour }, 'requests', Math.floor(window.start / day) * day),
  ];
  for (const path of [...mine, ...others]) await lake.put(path, Buffer.from('a,b\r\n1,2\r\n'), undefined);
  const found = await windowFiles(lake, [other], '_quarantine', undefined)(window);
  assert.deepEqual(found.map(({ file }) => file.path).sort(), mine.sort());
});

test('where the date stands first no listing is of the whole lake: what is listed is of the window\u2019s days', async () => {
  const dateFirst = '{yyyy}/{MM}/{dd}/{signal}/{app}/{source}_{start}_{end}.{ext}';
  const lake = createMemoryStore();
  const query = { ...window, source: 'query' };
  let [all, listed, listings] = [0, 0, 0];
  for (let n = -200; n < 200; n++)
    for (const app of [window.app, 'other'])
      for (const signal of ['requests', 'traces'] as const) {
        const start = window.start + n * day;
        const path = at(
          dateFirst,
          { app, signal, source: 'query', start, end: start + hour },
          signal,
          start - 2 * hour,
        );
        await lake.put(path, Buffer.from('a,b\r\n1,2\r\n'), undefined);
        all += 1;
      }
  const late = at(dateFirst, query, 'requests', query.start - 2 * hour - 31 * day);
  await lake.put(late, Buffer.from('a\r\n1\r\n'), undefined);
  const counted = {
    ...lake,
    list: async function* (prefix: string) {
      listings += 1;
      for await (const each of lake.list(prefix)) {
        listed += 1;
        yield each;
      }
    },
  };
  const found = await windowFiles(counted, [dateFirst], '_quarantine', undefined)(query);
  assert.deepEqual(
    found.map(({ file }) => file.path).sort(),
    [at(dateFirst, query, 'requests', query.start - 2 * hour), late].sort(),
  );
  assert.ok(listed <= 36 && listings <= 40, `${listed} of ${all} files in ${listings} listings`);
});

test('a packed file that cannot be unpacked is its window\u2019s all the same; what the store fails with goes through', async () => {
  const lake = createMemoryStore();
  const [own = ''] = templates;
  const path = filePath(own, {
    ...{ window, signal: 'requests', partition: window.start, part: 1, format: 'ndjson', gzip: true },
  });
  await lake.put(path, Buffer.alloc(300_000, 'spoilt '), undefined);
  let [opened, closed] = [0, 0];
  const read = (): ObjectStore['read'] =>
    async function* () {
      opened += 1;
      try {
        for (let n = 0; n < 100; n++) {
          yield Buffer.alloc(64 * 1024, 'spoilt ');
        }
      } finally {
        closed += 1;
      }
    };
  const found = await windowFiles({ ...lake, read: read() }, [own], '_quarantine', undefined)(window);
  assert.deepEqual(
    found.map(({ file }) => [file.path, file.rows]),
    [[path, 0]],
  );
  await setImmediate();
  assert.deepEqual([opened, closed], [1, 1]);
  const packed = {
    ...lake,
    read: async function* () {
      yield gzipSync('{}\n').subarray(0, 12);
      throw Object.assign(new Error('away'), { code: 'ServerBusy' });
    },
  };
  await assert.rejects(windowFiles(packed, [own], '_quarantine', undefined)(window), /away/);
});

test('a window that somebody asks for is looked for by a few listings, and no file of another is opened', async () => {
  const hourFirst = '{yyyy}/{MM}/{dd}/{HH}/{signal}/{app}/{source}_{start}_{end}.{ext}';
  const dateFirst = '{yyyy}/{MM}/{dd}/{signal}/{app}/{source}_{start}_{end}.{ext}';
  for (const source of ['query', 'continuous'])
    for (const template of [hourFirst, dateFirst]) {
      const lake = createMemoryStore();
      const own = { ...window, source };
      const size = template === hourFirst ? hour : day;
      const far = Math.floor((own.start - 20 * day) / size) * size;
      const here = Math.floor(own.start / size) * size;
      const known = at(template, own, 'requests', far);
      const mine = [
        ...[known, at(template, own, 'requests', far, 2), at(template, own, 'requests', here)],
        ...[at(template, own, 'requests', here + day), quarantinePath(own)],
      ];
      const others = Array.from({ length: 50 }, (_, n) => at(template, { ...own, app: `app ${n}` }, 'requests', here));
      for (const path of [...mine, ...others]) await lake.put(path, Buffer.from('a,b\r\n1,2\r\n'), undefined);
      let [listings, opened] = [0, 0];
      const counted: ObjectStore = {
        ...lake,
        list: (prefix) => {
          listings += 1;
          return lake.list(prefix);
        },
        read: (...asked) => {
          opened += 1;
          return lake.read(...asked);
        },
      };
      const near = [{ path: known, signal: 'requests' as const, rows: 1, bytes: 10 }];
      const found = await windowFiles(counted, [template], '_quarantine', undefined)(own, near);
      assert.deepEqual(found.map(({ file }) => file.path).sort(), mine.sort());
      assert.ok(listings <= 6, `${listings} listings`);
      assert.equal(opened, mine.length);
    }
});
