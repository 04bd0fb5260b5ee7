/**
 * What adopt.test.ts leaves out: lakes whose paths begin with the date, files of whole days, packed text, several apps
 * and signals, halves of windows' times, two terminals; each damaged, refused, adopted, and brought up to date.
 */
import assert from 'node:assert/strict';
import { cp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { run } from '../real.ts';
import { idsOf, type Kind, newLake, plain, removeLakes, type Source } from './lakes.ts';

after(removeLakes);

type Lake = Awaited<ReturnType<typeof newLake>>;
const dateFirst = '{yyyy}/{MM}/{dd}/{signal}/{app}/{source}_{start}_{end}.{ext}';
const hoursFirst = '{yyyy}/{MM}/{dd}/{HH}/{app}/{signal}/{source}_{start}_{end}.{ext}';

/** Rows that lie in another hour, and another day, than their folder; then moved, gone and new. */
const strewn: Source = {
  ...plain,
  7: [
    [700, 7],
    [701, 1],
    [702, 6],
  ],
  23: [[2300, 23]],
};
const changed: Source = {
  ...strewn,
  4: [
    [400, 9],
    [401, 4],
  ],
  7: [
    [700, 5],
    [703, 7],
  ],
  9: [[900, 9]],
};

const shapes: readonly (readonly [string, Kind, readonly string[], readonly string[]])[] = [
  [
    'ndjson.gz by date first',
    'ndjson',
    ['--format', 'ndjson', '--gzip', '--path', dateFirst, '--partition', 'day'],
    [],
  ],
  [
    'the same, then other lengths',
    'ndjson',
    ['--format', 'ndjson', '--gzip', '--path', dateFirst, '--partition', 'day'],
    ['--window', '6h'],
  ],
  ['parquet of days', 'parquet', ['--partition', 'day'], ['--window', '1d']],
  ['parquet by hours first', 'parquet', ['--path', hoursFirst], []],
  ['csv by date first', 'csv', ['--format', 'csv', '--path', dateFirst, '--partition', 'day'], ['--window', '12h']],
  ['csv.gz of windows of a day', 'csv', ['--format', 'csv', '--gzip', '--window', '1d'], ['--window', '1h']],
  ['a table, windows of six hours', 'delta', ['--table', 'delta', '--window', '6h'], ['--window', '1h']],
];

const windowsIn = async (ledger: string): Promise<string[]> =>
  (await readdir(ledger, { recursive: true }))
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => /\/windows\/.*json$/.test(name))
    .map((name) => join(ledger, name));

/** What becomes of the ledger, and what commands say then; undefined: nothing tells it. */
const damages: Readonly<
  Record<string, readonly [(lake: Lake, before: string) => Promise<unknown>, RegExp | undefined]>
> = {
  dropped: [({ ledger }) => rm(ledger, { recursive: true }), /knows of none.*insights-lake adopt/s],
  'dropped with all that the lake says of itself': [
    ({ lake }) => rm(join(lake, '_insights-lake'), { recursive: true }),
    /knows of none.*insights-lake adopt/s,
  ],
  'left with every other window': [
    async ({ ledger }) => {
      for (const [n, name] of (await windowsIn(ledger)).toSorted().entries()) if (n % 2 === 0) await rm(name);
    },
    undefined,
  ],
  'restored from before': [
    async ({ ledger }, before) => {
      await rm(ledger, { recursive: true });
      await cp(before, ledger, { recursive: true });
    },
    undefined,
  ],
};

describe('odd lakes whose ledger', () => {
  for (const [name, kind, flags, then] of shapes)
    for (const [damage, [act, refusal]] of Object.entries(damages))
      test(`was ${damage}: ${name}`, async () => {
        const here = await newLake(kind, flags);
        await here.give(strewn);
        assert.equal((await here.transform()).code, 0);
        const before = `${here.lake}-before`;
        await cp(here.ledger, before, { recursive: true });
        await here.give(changed);
        assert.equal((await here.transform('--replace')).code, 0);
        assert.deepEqual(await here.rows(), idsOf(changed));
        await act(here, before);
        const refused = await here.transform(...then);
        if (refusal !== undefined) {
          assert.equal(refused.code, 4, refused.err);
          assert.match(refused.err, refusal);
        }
        // Text says nothing of itself, and what it was named by is gone.
        const isNameless = /says of itself/.test(damage) && flags.includes('--path') && kind !== 'parquet';
        if (isNameless) {
          const unnamed = await here.adopt('--write');
          assert.equal(unnamed.code, 2, unnamed.out);
          assert.match(unnamed.out, /nothing was changed: \d+ files that nothing explains .*--path.*--leave/);
          assert.equal((await here.transform(...then)).code, 4, 'nothing was adopted');
        }
        const named = isNameless ? ['--path', flags[flags.indexOf('--path') + 1] ?? ''] : [];
        for (let n = 0; n < 2; n++) assert.equal((await here.adopt('--write', ...named)).code, 0);
        for (let n = 0; n < 2; n++) {
          const again = await here.transform('--replace', ...then);
          assert.equal(again.code, 0, again.err + again.out);
        }
        assert.deepEqual(await here.rows(), idsOf(changed));
        const audited = await run(['audit', '--out', here.lake]);
        assert.equal(audited.code, 0, audited.out);
      });
});

test('files that are named like a window\u2019s, and are nobody\u2019s, are left where that is said', async () => {
  const here = await newLake('csv');
  assert.equal((await here.transform()).code, 0);
  const [file = ''] = (await readdir(here.lake, { recursive: true })).filter((name) => /hour=05.*csv$/.test(name));
  await cp(join(here.lake, file), join(here.lake, 'elsewhere', file));
  await rm(here.ledger, { recursive: true });
  assert.equal((await here.adopt('--write')).code, 2);
  const left = await here.adopt('--write', '--leave');
  assert.match(left.out, /no window explains the file elsewhere.*the ledger is the one of this lake now/s);
  assert.equal((await here.transform()).code, 0);
});
