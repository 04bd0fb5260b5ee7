import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Hints, Millis, Window } from '../../../shared/model.ts';
import { requeueWindows } from '../../../shared/pipeline/ask/requeue.ts';
import { runWindow } from '../../../shared/pipeline/run.ts';
import { blobName, exportStore, exportsWorld, hour, pathOf } from '../exports-world.ts';

const start = Date.UTC(2026, 0, 31, 12);
const all = { start: 0, end: Number.POSITIVE_INFINITY, app: '', signals: [] };

test('windows with something in quarantine and failed ones run again, the rest is left alone', async () => {
  const exports = exportStore();
  const here = await exportsWorld({ stores: { exports }, start });
  await exports.write(blobName.continuous(start), '{"a":1}\nnot json\n');
  await exports.write(blobName.continuous(start, 'Messages'), '{"fine":1}\n');
  await exports.write(blobName.continuous(start - hour), '{"b":1}\n');
  await here.sweep();
  const failing = (window: Window) => window.start === start - hour;
  const closed = { ...here.ports, source: { open: () => Promise.reject(new Error('closed')) } };
  for (const { window } of here.messages.splice(0)) await runWindow(window, failing(window) ? closed : here.ports);
  const before = here.lake.contents();
  assert.deepEqual(await requeueWindows({ ...all, app: 'other' }, here.ports), {
    windows: 0,
    quarantined: 0,
    failed: 0,
  });
  assert.deepEqual(await requeueWindows({ ...all, signals: ['traces'] }, here.ports), {
    windows: 1,
    quarantined: 0,
    failed: 0,
  });
  assert.deepEqual(await requeueWindows({ ...all, end: start }, here.ports), { windows: 1, quarantined: 0, failed: 1 });
  here.messages.length = 0;
  assert.deepEqual(await requeueWindows(all, here.ports), { windows: 3, quarantined: 1, failed: 1 });

  const runs = here.runs();
  assert.deepEqual(
    here.messages.map(({ window }) => window.start),
    [start, start - hour].toSorted((one, other) => one - other),
  );
  for (const { window } of here.messages.splice(0)) assert.equal((await runWindow(window, here.ports)).state, 'done');
  assert.equal(here.runs(), runs + 2);
  const path = pathOf('requests', { app: 'shop', source: 'continuous', start: start - hour });
  assert.deepEqual(here.lake.contents(), { ...before, [path]: '{"b":1}' });
  assert.deepEqual([(await here.sweep()).enqueued, here.messages.length], [0, 0], 'once');
  await here.close();
});

test('a requeued window whose folder was emptied meanwhile keeps its files', async () => {
  const exports = exportStore();
  const here = await exportsWorld({ stores: { exports }, start });
  await exports.write(blobName.continuous(start), '{"a":1}\nnot json\n');
  await here.sweep();
  await here.settle();
  const before = here.lake.contents();
  await requeueWindows(all, here.ports);
  await exports.drop(blobName.continuous(start));
  await here.settle();
  assert.deepEqual(here.lake.contents(), before);
  await here.close();
});

test('without a queue the windows are marked; twice is once', async () => {
  const exports = exportStore();
  const here = await exportsWorld({ stores: { exports }, start });
  await exports.write(blobName.continuous(start), 'not json\n');
  await here.sweep();
  await here.settle();
  const { ledger, clock } = here.ports;
  for (let n = 0; n < 2; n++) assert.equal((await requeueWindows(all, { ledger, clock })).quarantined, 1);
  const sent: Millis[] = [];
  const hints: Hints = { prepare: async () => {}, send: async (_, delay) => void sent.push(delay) };
  await requeueWindows(all, { ledger, clock, hints });
  assert.deepEqual([here.messages.length, sent], [0, [0]]);
  const [open] = await Array.fromAsync(ledger.open({ app: 'shop', signal: 'requests', source: 'continuous' }));
  assert.match(open?.fingerprint ?? '', /^[0-9a-f]{32}\+requeued$/);
  await here.close();
});
