/** What `rerun` says of a range, by what is in it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RerunOutcome } from '../../../shared/pipeline/ask/rerun.ts';
import { run } from '../fake.ts';

const none: RerunOutcome = { windows: 0, chosen: 0, open: 0, retired: 0, missing: 0, rows: 0, asked: 0 };
const five = { ...none, windows: 9, chosen: 5, rows: 1200, asked: 6 };
const settings = { env: { APP_NAME: 'shop', APP_ID: '01234567-89ab-cdef-0123-456789abcdef', LAKE_FOLDER: './lake' } };

const said = async (found: RerunOutcome, words = '') => {
  const operations = { rerun: async () => found };
  return run(`rerun --from 2026-01-01 ${words}`.trim().split(' '), { ...settings, operations });
};

describe('what rerun says', () => {
  for (const [what, found, words, text] of [
    [
      'a range of which nothing is special',
      five,
      '',
      '5 of 9 windows would run again: 1,200 rows, 6 requests or blobs the last time; with --start they do\n',
    ],
    [
      'windows that are retired',
      { ...five, retired: 4 },
      '',
      '5 of 9 windows would run again: 1,200 rows, 6 requests or blobs the last time; 4 are retired (LAKE_RETENTION) ' +
        'and stay so; with --start they do\n',
    ],
    [
      'nothing but retired windows, begun',
      { ...none, windows: 3, retired: 3 },
      '--start',
      '0 of 3 windows are due again: 0 rows, 0 requests or blobs the last time; 3 are retired (LAKE_RETENTION) and ' +
        'stay so\n',
    ],
    [
      'what the ledger lacks and what is under way, begun',
      { ...five, missing: 2, open: 1 },
      '--missing --start',
      '5 of 9 windows are due again: 1,200 rows, 6 requests or blobs the last time; 2 of them the ledger lacks, and ' +
        'their requests are guessed; 1 are under way anyway; the app runs them\n',
    ],
  ] as const)
    test(what, async () => {
      const { code, out, err } = await said(found, words);
      assert.deepEqual([code, out, err], [0, text, '']);
    });

  test('with --json it is all numbers', async () => {
    const { out } = await said({ ...five, retired: 4 }, '--json');
    assert.deepEqual(JSON.parse(out), { command: 'rerun', exitCode: 0, started: false, ...five, retired: 4 });
  });
});
