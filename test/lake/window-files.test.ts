/** The files of one window, found in a lake by what their paths begin with. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filePath, quarantinePath, windowPrefix } from '../../shared/lake/paths.ts';
import { createMemoryStore } from '../../shared/lake/store-memory.ts';
import type { Signal, Window } from '../../shared/model.ts';
import { windowFiles } from '../../shared/wire/adopt.ts';

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
  test(`all files of a window begin alike: ${template}`, () => {
    const size = template.includes('{HH}') ? hour : day;
    for (const signal of ['requests', 'traces'] as const) {
      const prefix = windowPrefix(template, window, signal);
      for (let at = -31 * 24; at < 49; at++) {
        const partition = Math.floor((window.start + at * hour) / size) * size;
        const path = filePath(template, { window, signal, partition, part: 2, format: 'csv', gzip: false });
        assert.ok(path.startsWith(prefix), `${path} begins with ${prefix}`);
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
  const found = await windowFiles(lake, [other], '_quarantine')(window);
  assert.deepEqual(found.map(({ file }) => file.path).sort(), mine.sort());
});
