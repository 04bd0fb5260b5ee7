import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TaskOutcome } from '../../../cli/deliver/ports.ts';
import type { Summary } from '../../../cli/deliver/summary.ts';
import { exitCodes, Failure } from '../../../cli/failure.ts';
import type { Window } from '../../../shared/model.ts';
import { done, type FakeOptions, failed, fourWindows, guid, refused, run } from '../fake.ts';

const words = ['export', '--app', `shop=${guid}`, '--from', '2026-01-31', '--to', '2026-02-01', '--out', 'lake'];
const json = async (options: FakeOptions) => {
  const ran = await run([...words, '--json'], options);
  return { ...ran, summary: JSON.parse(ran.out) as Summary };
};

test('the summary as a table on stdout, progress on stderr', async () => {
  const { code, out, err, windows } = await run(words);
  assert.equal(code, 0);
  assert.deepEqual(windows, fourWindows);
  assert.equal(
    out,
    `app    signal    windows  done  rows  deduplicated  quarantined  files   bytes
shop   requests        2     2    20             2            0      2  4.0 kB
shop   traces          2     2    20             2            0      2  4.0 kB
total                  4     4    40             4            0      4  8.0 kB

ended after 10s; files are in the lake
something to know
`,
  );
  assert.ok(!err.includes('\r') && !err.includes('\u001b'));
});

test('the summary as JSON, in the shape that docs/cli.md shows', async () => {
  const { code, summary } = await json({});
  assert.equal(code, 0);
  const totals = {
    windows: 2,
    done: 2,
    unchanged: 0,
    failed: 0,
    rows: 20,
    deduplicated: 2,
    filtered: 0,
    quarantined: 0,
    files: 2,
    bytes: 4_000,
  };
  assert.deepEqual(summary, {
    command: 'export',
    destination: 'the lake',
    format: 'parquet',
    exitCode: 0,
    seconds: 10,
    totals: {
      windows: 4,
      done: 4,
      unchanged: 0,
      failed: 0,
      rows: 40,
      deduplicated: 4,
      filtered: 0,
      quarantined: 0,
      files: 4,
      bytes: 8_000,
      untried: 0,
    },
    signals: [
      { app: 'shop', signal: 'requests', ...totals },
      { app: 'shop', signal: 'traces', ...totals },
    ],
    failures: [],
    left: [],
    reasons: [],
    notices: ['something to know'],
    incomplete: [],
  });
});

test('rows of a file of several signals are counted where they are', async () => {
  const share = { signal: 'customEvents', rows: 4, files: 1, bytes: 500 } as const;
  const { summary } = await json({
    outcome: ({ signal }) => (signal === 'traces' ? { ...done, files: 2, others: [share] } : done),
  });
  const counted = summary.signals.map(({ signal, windows, rows, files, bytes }) => [
    signal,
    windows,
    rows,
    files,
    bytes,
  ]);
  assert.deepEqual(counted, [
    ['requests', 2, 20, 2, 4_000],
    ['traces', 2, 12, 2, 3_000],
    ['customEvents', 0, 8, 2, 1_000],
  ]);
  assert.deepEqual([summary.totals.rows, summary.totals.files], [40, 6]);
});

test('on a terminal one line is rewritten, no longer than the terminal is wide, and gone at the end', async () => {
  const { err } = await run(words, { live: true });
  const lines = err.split('\r\u001b[K');
  assert.ok(lines.length > 4);
  assert.equal(lines.at(-1), '');
  assert.ok(lines.every((line) => line.length < 60 && !line.includes('\n')));
  assert.match(err, /50% · window 2 of 4 · 22 rows, 2\.0 kB read · \d rows\/s · \d+s /);
});

test('elsewhere there are plain lines, one in ten seconds', async () => {
  const { err } = await run(words, { outcome: () => done, windows: [...fourWindows, ...fourWindows, ...fourWindows] });
  assert.match(err, /^\d+% · window \d+ of 12 · [^\n]*left\n/);
  assert.ok(err.split('\n').length < 8);
});

const mixed = (outcome: TaskOutcome) => (_window: unknown, call: number) => (call === 2 ? outcome : done);
const codes: readonly (readonly [what: string, outcome: FakeOptions['outcome'], code: number, tried: number])[] = [
  ['all done', () => done, exitCodes.done, 4],
  ['all there already', () => ({ ...done, state: 'unchanged' }), exitCodes.done, 4],
  ['lines in quarantine', () => ({ ...done, counts: { ...done.counts, quarantined: 2 } }), exitCodes.done, 4],
  ['one window fails', mixed(failed('source')), exitCodes.failed, 4],
  ['the source refuses everything', () => failed('source'), exitCodes.source, 3],
  [
    'the destination fails from the second on',
    (_, call) => (call > 1 ? failed('destination') : done),
    exitCodes.destination,
    4,
  ],
  ['the destination fails early', () => failed('destination'), exitCodes.destination, 3],
  ['the temporary disk is full', () => failed('machine'), exitCodes.failed, 3],
  ['everything fails for its own reason', () => failed('unknown'), exitCodes.failed, 4],
];
for (const [what, outcome, code, tried] of codes) {
  test(`exit code: ${what}`, async () => {
    const ran = await run(words, outcome ? { outcome } : {});
    assert.deepEqual([ran.code, ran.windows.length], [code, tried], ran.err);
  });
}

test('failed windows are told at once, in the summary, and with what to do', async () => {
  const { out, err } = await run(words, { outcome: mixed(failed('source')) });
  const line = 'shop traces 2026-01-31T00:00Z to 2026-01-31T01:00Z failed: query: refused; mend it';
  assert.ok(err.includes(`${line}\n`));
  assert.ok(out.includes(`${line}\nrun the same command again to go on\n`));
  const { summary } = await json({ outcome: mixed(failed('source')) });
  assert.deepEqual(summary.failures, [
    {
      app: 'shop',
      signal: 'traces',
      start: '2026-01-31T00:00:00.000Z',
      end: '2026-01-31T01:00:00.000Z',
      error: 'query: refused; mend it',
    },
  ]);
  assert.deepEqual([summary.exitCode, summary.totals.failed, summary.totals.rows], [1, 1, 30]);
});

test('the same failure three times in a row ends the run; what was not tried is counted', async () => {
  const { code, summary } = await json({ outcome: () => failed('source'), windows: [...fourWindows, ...fourWindows] });
  assert.deepEqual([code, summary.totals.failed, summary.totals.untried], [exitCodes.source, 3, 5]);
});

const apps = (hours: number): Window[] =>
  Array.from({ length: hours }, (_, hour) =>
    ['a', 'b'].flatMap((app) =>
      (['requests', 'traces'] as const).map((signal) => ({
        ...{ app, signal, source: 'query' },
        ...{ start: Date.UTC(2026, 0, 31, hour), end: Date.UTC(2026, 0, 31, hour + 1) },
      })),
    ),
  ).flat();

for (const parallel of [1, 3])
  test(`an app without access is left after three refusals, the other gets all; ${parallel} at once`, async () => {
    const outcome = ({ app }: Window) => (app === 'a' ? refused('app') : done);
    const { code, summary, windows, err } = await json({ outcome, windows: apps(6), parallel });
    assert.deepEqual([code, summary.totals.done, summary.totals.failed + summary.totals.untried], [1, 12, 12]);
    assert.equal(windows.filter(({ app }) => app === 'b').length, 12);
    assert.ok(summary.totals.failed >= 3 && summary.totals.failed <= 2 + parallel);
    const { failed: times, untried } = summary.totals;
    const reason = 'status 403: no; give the role';
    assert.deepEqual(summary.left, [{ app: 'a', failed: times, untried, reason, signal: null }]);
    assert.match(err, /^a is left, the rest goes on$/m);
    const { out } = await run(words, { outcome, windows: apps(6) });
    assert.match(out, /^a was left after 3 refusals, 9 windows of it not tried: status 403: no; give the role$/m);
    assert.equal(out.match(/403/g)?.length, 1, 'the reason once');
    assert.doesNotMatch(out, /^9 windows not tried$/m);
  });

test('a table that refuses is left, the other tables of its app go on', async () => {
  const outcome = ({ app, signal }: Window) => (app === 'a' && signal === 'traces' ? refused('table') : done);
  const { code, summary } = await json({ outcome, windows: apps(6) });
  assert.deepEqual([code, summary.totals.done], [1, 18]);
  assert.deepEqual(summary.left, [
    { app: 'a', failed: 3, untried: 3, reason: 'status 403: no; give the role', signal: 'traces' },
  ]);
});

test('a refusal now and then leaves nobody; files that cannot be read are tried to the last', async () => {
  const every = (n: number) => (_window: Window, call: number) => (call % n === 0 ? done : refused('app'));
  const windows = apps(6).filter(({ app }) => app === 'a');
  assert.equal((await json({ outcome: every(3), windows })).summary.totals.untried, 0);
  const files = await json({ outcome: () => refused('files'), windows: apps(6) });
  assert.deepEqual([files.code, files.summary.totals.failed, files.summary.left], [exitCodes.source, 24, []]);
});

test('one app that refuses is all there is: exit code of the source', async () => {
  const { code, summary } = await json({ outcome: () => refused('app') });
  assert.deepEqual([code, summary.totals.failed, summary.totals.untried], [exitCodes.source, 3, 1]);
});

test('failures at the same time are one: a network that is away for a moment ends no run', async () => {
  const outcome = (_: Window, call: number) => (call <= 3 ? failed('source') : done);
  const { code, summary } = await json({ outcome, windows: apps(6), parallel: 3 });
  assert.deepEqual([code, summary.totals.failed, summary.totals.untried], [1, 3, 0]);
});

test('Ctrl-C: no further window, exit code 130, how to go on', async () => {
  const { code, out, windows } = await run(words, {
    outcome: (_, call, abort) => {
      if (call === 2) abort();
      return call === 2 ? failed('source', 'aborted') : done;
    },
  });
  assert.deepEqual([code, windows.length], [exitCodes.interrupted, 2]);
  assert.match(out, /interrupted after[\s\S]*3 windows not tried\nrun the same command again to go on\n$/);
});

test('a window that another run holds is waited for', async () => {
  const { code, windows, err } = await run(words, {
    outcome: (_, call) => (call < 3 ? { ...done, state: 'busy', retryAt: Date.UTC(2026, 1, 10, 12, 0, 30) } : done),
  });
  assert.deepEqual([code, windows.length], [0, 6]);
  assert.equal(err.match(/is held by another run; waiting/g)?.length, 1);
});

test('no time is told for a claim that has run out, or of a clock that is years off', async () => {
  for (const retryAt of [0, Date.UTC(2020, 1, 1), Date.UTC(2090, 1, 1)]) {
    const { err } = await run(words, {
      outcome: (_, call) => (call < 3 ? { ...done, state: 'busy', retryAt } : done),
    });
    assert.match(err, /is held by another run; waiting\n/);
  }
});

test('several windows at once, each exactly once', async () => {
  const { windows } = await run(words, { parallel: 3 });
  assert.deepEqual(new Set(windows), new Set(fourWindows));
  assert.equal(windows.length, 4);
});

test('a destination that cannot be used ends the command before anything runs', async () => {
  const { code, out, err } = await run(words, {
    prepare: () => {
      throw new Failure(exitCodes.destination, 'lake: not allowed; give the role');
    },
  });
  assert.deepEqual([code, out, err], [4, '', 'insights-lake: lake: not allowed; give the role\n']);
});

test('a fault of ours is not hidden', async () => {
  await assert.rejects(
    run(words, {
      prepare: () => {
        throw new TypeError('x is undefined');
      },
    }),
    TypeError,
  );
});

test('of very many windows that stay as they are the first are named, the others counted', async () => {
  const windows = Array.from({ length: 1_203 }, (_, n) => ({ ...fourWindows[0], start: n, end: n + 1 }) as Window);
  const kept = { ...done, state: 'kept' as const, error: 'the source has no rows of it' };
  const { code, summary } = await json({ windows, outcome: () => kept });
  assert.equal(code, 1);
  assert.equal(summary.incomplete.length, 1_001);
  assert.equal(summary.incomplete.at(-1), '203 windows more stay as they are');
});
