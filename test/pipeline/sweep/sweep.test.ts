import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Millis, ObjectStore } from '../../../shared/model.ts';
import { daySlices } from '../../../shared/pipeline/sweep/slices.ts';
import { sweepBlobs, sweepRange } from '../../../shared/pipeline/sweep/sweep.ts';
import {
  blobName,
  brokenStore,
  exportStore,
  exportsWorld,
  hour,
  missingStore,
  never,
  pathOf,
  type WorldOptions,
} from '../exports-world.ts';

const start = Date.UTC(2026, 0, 31, 12);
const day = 24 * hour;

async function inWorld(
  options: Partial<WorldOptions>,
  use: (here: Awaited<ReturnType<typeof exportsWorld>>) => Promise<void>,
) {
  const here = await exportsWorld({ stores: {}, start, ...options });
  try {
    await use(here);
  } finally {
    await here.close();
  }
}

const filled = ({ lake }: { lake: { contents(): Record<string, string> } }) =>
  Object.fromEntries(Object.entries(lake.contents()).filter(([, text]) => text !== ''));
const requests = (at: Millis) => pathOf('requests', { app: 'shop', source: 'continuous', start: at });

describe('sweepBlobs', () => {
  test('needs no events: new and changed blobs are enqueued, the rest costs no run', async () => {
    const exports = exportStore();
    await inWorld({ stores: { exports } }, async (here) => {
      await exports.write(blobName.continuous(start - hour), '{"a":1}\n');
      await exports.write(blobName.continuous(start), '{"b":1}\n');
      const first = await here.sweep();
      assert.deepEqual([first.windows, first.blobs, first.bytes, first.enqueued], [2, 2, 16, 2]);
      const early = await here.sweep();
      assert.deepEqual([early.enqueued, early.open], [0, 2], 'they are on their way');
      await here.settle();
      assert.deepEqual(filled(here), { [requests(start - hour)]: '{"a":1}', [requests(start)]: '{"b":1}' });

      await exports.write(blobName.continuous(start, 'Requests', 1), '{"b":2}\n');
      assert.equal((await here.sweep()).enqueued, 1);
      await here.settle();
      assert.equal(filled(here)[requests(start)], '{"b":1}\n{"b":2}');
      await exports.drop(blobName.continuous(start, 'Requests', 0));
      assert.equal((await here.sweep()).enqueued, 1);
      await here.settle();
      assert.equal(filled(here)[requests(start)], '{"b":2}');
      const runs = here.runs();
      assert.deepEqual([(await here.sweep()).enqueued, here.messages.length, here.runs()], [0, 0, runs]);
    });
  });

  test('respects refresh: a window that ran just now is asked for with a delay', async () => {
    const exports = exportStore();
    await inWorld({ stores: { exports } }, async (here) => {
      await exports.write(blobName.continuous(start), '{"b":1}\n');
      await here.sweep();
      const { runWindow } = await import('../../../shared/pipeline/run.ts');
      for (const { window } of here.messages.splice(0)) await runWindow(window, here.ports);
      here.clock.advance(60_000);
      await exports.write(blobName.continuous(start), '{"b":2}\n');
      await here.sweep();
      assert.deepEqual(
        here.messages.map(({ at }) => at - here.clock.now()),
        [240_000],
      );
    });
  });

  test('looks back from the last sweep that came to its end: an outage of weeks is made up', async () => {
    const exports = exportStore();
    await inWorld({ stores: { exports }, lookback: 6 * hour }, async (here) => {
      await here.sweep();
      here.clock.advance(20 * day);
      for (let at = start; at < start + 20 * day; at += 7 * hour)
        await exports.write(blobName.continuous(at), `{"at":${at}}\n`);
      const failing: typeof here.ports = {
        ...here.ports,
        sightings: {
          async *sightings(request, cut, abort, tell) {
            tell({ kind: 'failed', what: 'list a: 403' });
            yield* here.ports.sightings.sightings({ ...request, start: request.end - hour }, cut, abort, tell);
          },
        },
      };
      assert.deepEqual((await sweepBlobs(failing, never)).errors, ['list a: 403']);
      assert.equal(await here.ledger.swept(), start, 'a sweep that could not list everything does not count');
      const outcome = await here.sweep();
      assert.deepEqual(outcome.range, { start: start - 8 * hour, end: start + 20 * day + hour });
      assert.equal(outcome.enqueued, Math.ceil((20 * day) / (7 * hour)));
      assert.equal(await here.ledger.swept(), start + 20 * day);
      exports.asked.length = 0;
      await here.sweep();
      const listed = exports.asked.filter((step) => step.startsWith('list'));
      assert.deepEqual(
        listed.map((step) => step.split('/')[2]),
        ['2026-02-20'],
      );
    });
  });

  test('beyond the look-back nothing is looked at, unless a range is given', async () => {
    const exports = exportStore();
    await inWorld({ stores: { exports } }, async (here) => {
      const old = start - 400 * day;
      await exports.write(blobName.continuous(old), '{"old":1}\n');
      assert.equal((await here.sweep()).windows, 0);
      const range = { start: old - day, end: old + day, prefix: '', app: '' };
      assert.equal((await sweepRange({ ...range, app: 'other' }, here.ports, never)).windows, 0);
      assert.equal((await sweepRange({ ...range, prefix: 'other/' }, here.ports, never)).windows, 0);
      assert.equal(
        (await sweepRange({ ...range, prefix: blobName.continuous(old).slice(0, 30) }, here.ports, never)).enqueued,
        1,
      );
      await here.settle();
      assert.deepEqual(filled(here), { [requests(old)]: '{"old":1}' });
      assert.equal((await sweepRange({ ...range, start: 0, end: Infinity }, here.ports, never)).enqueued, 0);
    });
  });

  test('archived blobs: listed and skipped; a window never loses rows because some are archived', async () => {
    const archived = new Set<string>();
    const exports = exportStore((name) => archived.has(name));
    await inWorld({ stores: { exports } }, async (here) => {
      const name = (n: number) => blobName.continuous(start, 'Requests', n);
      await exports.write(name(0), '{"n":0}\n');
      await exports.write(name(1), '{"n":1}\n');
      await exports.write(blobName.continuous(start - hour), '{"cold":1}\n');
      archived.add(blobName.continuous(start - hour));
      const first = await here.sweep();
      assert.deepEqual([first.windows, first.enqueued, first.archived], [2, 1, 1]);
      await here.settle();
      const before = { [requests(start)]: '{"n":0}\n{"n":1}' };
      assert.deepEqual(filled(here), before);

      archived.add(name(0));
      assert.deepEqual((await here.sweep()).enqueued, 0, 'moving to the archive is no change');
      await exports.write(name(2), '{"n":2}\n');
      const partly = await here.sweep();
      assert.deepEqual([partly.enqueued, partly.kept], [0, 1]);
      const range = { start, end: start + hour };
      const [entry] = await Array.fromAsync(
        here.ledger.list({ app: 'shop', signal: 'requests', source: 'continuous' }, range),
      );
      const { arriveInWindow } = await import('../../../shared/pipeline/arrive.ts');
      assert.equal(
        (await arriveInWindow(entry?.window ?? assert.fail(), start, here.ports)).state,
        'unchanged',
        'an event does not help either',
      );
      assert.deepEqual(filled(here), before);

      archived.clear();
      assert.equal((await here.sweep()).enqueued, 2, 'rehydrated');
      await here.settle();
      assert.deepEqual(filled(here), {
        [requests(start - hour)]: '{"cold":1}',
        [requests(start)]: '{"n":0}\n{"n":1}\n{"n":2}',
      });
    });
  });

  test('a new window, partly archived, brings what can be read, and the rest when it comes back', async () => {
    const archived = new Set([blobName.continuous(start, 'Requests', 0)]);
    const exports = exportStore((name) => archived.has(name));
    await inWorld({ stores: { exports } }, async (here) => {
      for (const n of [0, 1]) await exports.write(blobName.continuous(start, 'Requests', n), `{"n":${n}}\n`);
      assert.deepEqual([(await here.sweep()).enqueued, (await here.settle()).length], [1, 1]);
      assert.deepEqual(filled(here), { [requests(start)]: '{"n":1}' });
      assert.equal((await here.sweep()).enqueued, 0);
      archived.clear();
      await here.sweep();
      await here.settle();
      assert.deepEqual(filled(here), { [requests(start)]: '{"n":0}\n{"n":1}' });
    });
  });

  for (const [what, message] of [
    [
      'archived',
      /^open continuous: 1 of its blobs are archived, and its files stay as they are; rehydrate the blobs .* read$/,
    ],
    ['deleted', /^open continuous: its blobs are gone, and its files stay as they are; set EXPORT_EMPTIED=follow/],
  ] as const)
    test(`a rerun that failed does not go on without blobs that were ${what} meanwhile`, async () => {
      const archived = new Set<string>();
      const exports = exportStore((name) => archived.has(name));
      await inWorld({ stores: { exports } }, async (here) => {
        for (const n of [0, 1]) await exports.write(blobName.continuous(start, 'Requests', n), `{"n":${n}}\n`);
        await here.sweep();
        await here.settle();
        await exports.write(blobName.continuous(start, 'Requests', 1), '{"n":2}\n');
        await here.sweep();
        const { runWindow } = await import('../../../shared/pipeline/run.ts');
        const { window } = here.messages.shift() ?? assert.fail();
        const full = { ...here.ports, lake: { ...here.lake, put: () => Promise.reject(new Error('full')) } };
        here.clock.advance(hour);
        assert.equal((await runWindow(window, full)).state, 'failed');
        if (what === 'archived') archived.add(blobName.continuous(start, 'Requests', 0));
        else for (const n of [0, 1]) await exports.drop(blobName.continuous(start, 'Requests', n));
        here.clock.advance(hour);
        const outcome = await runWindow(window, here.ports);
        assert.match(outcome.error, message);
        assert.deepEqual(filled(here), { [requests(start)]: '{"n":0}\n{"n":1}' });
      });
    });

  for (const emptied of ['keep', 'follow'] as const) {
    test(`a folder that was emptied: ${emptied}`, async () => {
      const exports = exportStore();
      await inWorld({ stores: { exports }, emptied }, async (here) => {
        for (const at of [start, start - hour]) await exports.write(blobName.continuous(at), `{"at":${at}}\n`);
        await here.sweep();
        await here.settle();
        const before = filled(here);
        await exports.drop(blobName.continuous(start));
        const outcome = await here.sweep();
        await here.settle();
        const { [requests(start)]: gone, ...rest } = before;
        assert.ok(gone);
        assert.deepEqual([filled(here), outcome.enqueued], emptied === 'keep' ? [before, 0] : [rest, 1]);
        assert.equal((await here.sweep()).enqueued, 0);
      });
    });
  }

  test('several containers: each in its layout, missing ones told, a closed one holds back no other', async () => {
    const [exports, diagnostics, data] = [exportStore(), exportStore(), exportStore()];
    const stores: Record<string, ObjectStore> = {
      exports,
      'insights-logs-apprequests': diagnostics,
      'insights-logs-apptraces': missingStore(),
      'insights-logs-appsystemevents': exportStore(),
      'am-apptraces': data,
    };
    await inWorld({ stores }, async (here) => {
      await exports.write(blobName.continuous(start), '{"a":1}\n');
      await exports.write(blobName.continuous(start, 'Requests2'), '{"x":1}\n');
      await diagnostics.write(blobName.diagnostics(start), '{"b":1}\n');
      await data.write(blobName.dataExport(start), '{"c":1}\n');
      const { enqueued, missing, unknown, errors } = await here.sweep();
      assert.deepEqual([enqueued, missing, errors], [3, ['insights-logs-apptraces'], []]);
      assert.deepEqual(
        unknown.map((what) => what.split('/').at(-2)),
        ['Requests2'],
      );
      await here.settle();
      assert.deepEqual(filled(here), {
        [requests(start)]: '{"a":1}',
        [pathOf('requests', { app: 'shop', source: 'diagnostics', start })]: '{"b":1}',
        [pathOf('traces', { app: 'shop', source: 'dataExport', start })]: '{"c":1}',
      });
    });
    await inWorld(
      { stores: { closed: brokenStore('AuthorizationFailure', 'list closed: not allowed'), exports } },
      async (here) => {
        const { enqueued, errors } = await here.sweep();
        assert.deepEqual([enqueued, errors], [1, ['list closed: not allowed']]);
        assert.equal(await here.ledger.swept(), undefined);
      },
    );
  });

  test('one feed in two containers is one window, whichever comes first in the settings', async () => {
    const [one, two] = [exportStore(), exportStore()];
    await one.write(blobName.continuous(start, 'Requests', 0), '{"n":0}\n');
    await two.write(blobName.continuous(start, 'Requests', 1), '{"n":1}\n');
    const prints = new Set<string>();
    for (const stores of [
      { one, two },
      { two, one },
    ] as Record<string, ObjectStore>[]) {
      await inWorld({ stores }, async (here) => {
        assert.equal((await here.sweep()).windows, 1);
        await here.settle();
        assert.deepEqual(filled(here), { [requests(start)]: '{"n":0}\n{"n":1}' });
        const entries = await Array.fromAsync(
          here.ledger.list({ app: 'shop', signal: 'requests', source: 'continuous' }),
        );
        prints.add(entries.map(({ fingerprint }) => fingerprint).join());
        assert.equal((await here.sweep()).enqueued, 0);
      });
    }
    assert.equal(prints.size, 1);
  });

  test('windows of several hours are seen whole, however the range cuts them', async () => {
    const exports = exportStore();
    await inWorld({ stores: { exports }, window: 6 * hour }, async (here) => {
      for (const n of [0, 1, 5]) await exports.write(blobName.continuous(start + n * hour), `{"n":${n}}\n`);
      const range = { start: start + hour, end: start + 2 * hour, prefix: '', app: '' };
      assert.deepEqual((await sweepRange(range, here.ports, never)).blobs, 3);
      await here.settle();
      assert.equal(filled(here)[requests(start)], '{"n":0}\n{"n":1}\n{"n":5}');
      assert.equal((await here.sweep()).enqueued, 0);
    });
  });
});

test('a range in parts of a day', () => {
  const parts = daySlices({ start: start + 1, end: start + 2 * day, prefix: 'p/', app: 'a' }, start + 9 * day);
  const midnight = Date.UTC(2026, 1, 1);
  assert.deepEqual(
    parts.map((part) => [part.start, part.end, part.prefix, part.app]),
    [
      [start + 1, midnight, 'p/', 'a'],
      [midnight, midnight + day, 'p/', 'a'],
      [midnight + day, start + 2 * day, 'p/', 'a'],
    ],
  );
});

test('a range for all times: years that no folder can be of make no parts', () => {
  const [first, last] = [Date.parse('0001-01-01'), Date.parse('9999-12-31')];
  const parts = daySlices({ start: first, end: last, prefix: '', app: '' }, start);
  assert.deepEqual([parts[0]?.start, parts.at(-1)?.end], [Date.UTC(2013, 0), start + day]);
  assert.equal(parts.length, Math.ceil((start + day - Date.UTC(2013, 0)) / day), 'not the 3.6 million of the range');
  for (const range of [
    { start: first, end: Date.UTC(2000, 0) },
    { start: start + 9 * day, end: last },
  ])
    assert.deepEqual(daySlices({ ...range, prefix: '', app: 'a' }, start), [{ ...range, prefix: '', app: 'a' }]);
});
