import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compactTime } from '../../shared/lake/compact-time.ts';
import { defaultPathTemplate, pathTemplateFaults } from '../../shared/lake/path-template.ts';
import { type FileIdentity, filePath, quarantinePath } from '../../shared/lake/paths.ts';
import type { Output, Window } from '../../shared/model.ts';
import fc from '../seeds.ts';

const at = (text: string) => Date.parse(text);
const window: Window = {
  app: 'shop',
  signal: 'requests',
  source: 'query',
  start: at('2026-11-21T03:00:00Z'),
  end: at('2026-11-21T04:00:00Z'),
};
const file: FileIdentity = {
  window,
  signal: 'requests',
  partition: window.start,
  part: 1,
  format: 'parquet',
  gzip: false,
};
const hourly: Output = { format: 'parquet', gzip: false, partition: 'hour', path: '' };
const daily: Output = { ...hourly, partition: 'day' };
const base = '{signal}/{app}/{yyyy}{MM}{dd}{HH}/';

test('compactTime', () => {
  const table: [string, string][] = [
    ['2026-11-21T03:00:00Z', '20261121T0300Z'],
    ['2026-11-21T00:00:00Z', '20261121T0000Z'],
    ['2026-11-21T03:00:10Z', '20261121T030010Z'],
    ['2026-11-21T03:00:15.25Z', '20261121T030015250Z'],
    ['2026-11-21T03:00:00.1Z', '20261121T030000100Z'],
  ];
  for (const [time, expected] of table) assert.equal(compactTime(at(time)), expected);
  for (const wrong of [-1, 0.5, Number.NaN, 8e15]) assert.throws(() => compactTime(wrong), /as a time/);
});

test('filePath: files of a lake', () => {
  const day = { ...file, partition: at('2026-11-21T00:00:00Z') };
  const table: [string, FileIdentity, string][] = [
    [
      defaultPathTemplate('hour'),
      file,
      'requests/app=shop/date=2026-11-21/hour=03/query_20261121T0300Z_20261121T0400Z.parquet',
    ],
    [defaultPathTemplate('day'), day, 'requests/app=shop/date=2026-11-21/query_20261121T0300Z_20261121T0400Z.parquet'],
    [
      defaultPathTemplate('hour'),
      { ...file, part: 2, format: 'ndjson', gzip: true },
      'requests/app=shop/date=2026-11-21/hour=03/query_20261121T0300Z_20261121T0400Z_2.ndjson.gz',
    ],
    [
      defaultPathTemplate('hour'),
      { ...file, signal: 'traces', partition: at('2026-11-20T23:00:00Z') },
      'traces/app=shop/date=2026-11-20/hour=23/query-from-requests_20261121T0300Z_20261121T0400Z.parquet',
    ],
    [
      `${base}{start}_{end}_{source}.parquet`,
      { ...file, part: 12, window: { ...window, app: '_a/b=ü 1.' } },
      'requests/%5Fa%2Fb%3Dü 1%2E/2026112103/20261121T0300Z_20261121T0400Z_query_12.parquet',
    ],
  ];
  for (const [template, identity, expected] of table) assert.equal(filePath(template, identity), expected);
});

test('filePath refuses what would let two files meet', () => {
  const faults: [Partial<FileIdentity>, RegExp][] = [
    [{ partition: window.start + 60_000 }, /full 1 h/],
    [{ part: 0 }, /part 0/],
    [{ window: { ...window, source: 'query-from-traces' } }, /at most one dash/],
    [{ window: { ...window, source: '../x' } }, /at most one dash/],
    [{ window: { ...window, app: '' } }, /not empty/],
    [{ window: { ...window, app: 'x'.repeat(1000) } }, /limit is 1024/],
  ];
  for (const [change, expected] of faults)
    assert.throws(() => filePath(defaultPathTemplate('hour'), { ...file, ...change }), expected);
  assert.throws(() => filePath(defaultPathTemplate('day'), file), /full 24 h/);
  assert.throws(() => filePath(`${base}{source}_{start}_{end}.csv`, file), /must end with .{ext} or .parquet/);
});

test('quarantinePath', () => {
  const path = quarantinePath({ ...window, start: window.start + 1_800_000 });
  assert.equal(
    path,
    '_quarantine/requests/app=shop/date=2026-11-21/hour=03/query_20261121T0330Z_20261121T0400Z.ndjson',
  );
});

test('pathTemplateFaults', () => {
  const name = '{source}_{start}_{end}.{ext}';
  const table: [string, Output, RegExp | undefined][] = [
    [defaultPathTemplate('hour'), hourly, undefined],
    [defaultPathTemplate('day'), daily, undefined],
    [`${base}${name}`, hourly, undefined],
    [`${base}{source}_{start}_{end}.parquet`, hourly, undefined],
    [`${base}{source}_{start}_{end}.ndjson.gz`, { ...hourly, format: 'ndjson', gzip: true }, undefined],
    [`lake/{app}/{yyyy}/{MM}/{dd}/{HH}/{signal}_${name}`, hourly, undefined],
    ['{yyyy}-{MM}-{dd}T{HH}/{signal}-{app}_{source}_{start}-{end}.{ext}', hourly, undefined],
    [`${base}{source}_{start}_{end}.csv`, hourly, /must end with .{ext} or .parquet/],
    [
      `${base}{source}_{start}_{end}.ndjson`,
      { ...hourly, format: 'ndjson', gzip: true },
      /must end with .{ext} or .ndjson.gz/,
    ],
    [`${base}{source}_{start}_{end}`, hourly, /must end with/],
    [`${base}${name}`.replace('{HH}', ''), hourly, /lacks {HH}/],
    [`${base}${name}`.replace('{HH}', ''), daily, undefined],
    ['x.{ext}', hourly, /lacks {app}, {signal}, {source}, {start}, {end}, {yyyy}, {MM}, {dd}, {HH}/],
    [`{tenant}/${base}${name}`, hourly, /{tenant} is no token/],
    [`../${base}${name}`, hourly, /folder of dots/],
    [`/${base}${name}`, hourly, /empty folder/],
    [`a//${base}${name}`, hourly, /empty folder/],
    [`a\\${base}${name}`, hourly, /has \\ in it/],
    [`a:?%{/${base}${name}`, hourly, /has : \? % { in it/],
    [`_x/${base}${name}`, hourly, /starts with _/],
    [`x./${base}${name}`, hourly, /ends with a space or dot/],
    [`${'x'.repeat(900)}/${base}${name}`, hourly, /too long/],
    [`${base}{source}{start}_{end}.{ext}`, hourly, /_ after {source}/],
    [`${base}{source}-{start}_{end}.{ext}`, hourly, /_ after {source}/],
    [`${base}{source}_{start}{end}.{ext}`, hourly, /_ after {start}/],
    ['{yyyy}{MM}{dd}{HH}/{app}{source}_{signal}_{start}_{end}.{ext}', hourly, /_ before {source}/],
    ['{yyyy}{MM}{dd}{HH}/{source}_{signal}_{start}_{end}_{app}.{ext}', hourly, /must end with {start}/],
    ['{app}/{app}_{app}/{yyyy}{MM}{dd}{HH}/{signal}_{source}_{start}_{end}.{ext}', hourly, /{app} twice/],
  ];
  for (const [template, output, expected] of table) {
    const faults = pathTemplateFaults(template, output).join('\n');
    if (expected) assert.match(faults, expected, template);
    else assert.equal(faults, '', template);
  }
});

describe('no two files share a path', () => {
  /** Every combination of values that look like what can stand next to them. */
  function* files(): Generator<FileIdentity> {
    for (const app of ['a', 'a_2', 'a_2_2', 'a_query', 'query_a', 'a03', 'a/b', 'a%2Fb', 'requests', 'arequests'])
      for (const source of ['query', 'query2', 'file-2'])
        for (const own of ['requests', 'traces'] as const)
          for (const signal of ['requests', 'traces'] as const)
            for (const start of [window.start, window.start + 1000])
              for (const partition of [window.start, window.end])
                for (const part of [1, 2, 10])
                  yield {
                    ...file,
                    window: { app, source, signal: own, start, end: window.end },
                    signal,
                    partition,
                    part,
                  };
  }
  const gap = fc.constantFrom('_', '_', '/', '/', '/', '-', '', '2', '_2', '/{HH}_', '_{HH}', '_{app}/');
  const order = fc.shuffledSubarray(['{app}', '{signal}', '{source}', '{start}', '{end}', '{yyyy}{MM}{dd}{HH}'], {
    minLength: 6,
  });
  const sound = fc
    .tuple(order, fc.array(gap, { minLength: 6, maxLength: 6 }))
    .map(
      ([words, gaps]) =>
        `x${words
          .map((word, n) => `${word}${gaps[n]}`)
          .join('')
          .replace(/[_/]$/, '')}.{ext}`,
    )
    .filter((template) => pathTemplateFaults(template, hourly).length === 0);

  test('whatever the sound template', () => {
    fc.assert(
      fc.property(sound, (template) => {
        const seen = new Map<string, unknown>();
        for (const file of files()) {
          const path = filePath(template, file);
          assert.equal(seen.get(path), undefined, `${template}: ${path} is also that of ${JSON.stringify(file)}`);
          seen.set(path, file);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('any two names of apps', () => {
    const app = fc.oneof(
      fc.stringMatching(/^[ab_2/=%. -]{1,4}$/),
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 4 }),
    );
    const pathOf = (name: string) =>
      filePath(defaultPathTemplate('hour'), { ...file, window: { ...window, app: name } });
    fc.assert(fc.property(app, app, (one, other) => (pathOf(one) === pathOf(other)) === (one === other)));
  });
});
