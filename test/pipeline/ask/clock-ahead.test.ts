import assert from 'node:assert/strict';
import { test } from 'node:test';
import { enqueue, freeAt } from '../../../shared/pipeline/ask/ask.ts';
import { requeueWindows } from '../../../shared/pipeline/ask/requeue.ts';
import { rerunWindows } from '../../../shared/pipeline/ask/rerun.ts';
import { plannedEntry } from '../../../shared/pipeline/entry.ts';
import { requeuedFingerprint } from '../../../shared/pipeline/verdict.ts';
import { auditedWorld, feed, hour, hourly, start } from '../audit/audited.ts';

/** Whoever asks sits at a machine whose clock is an hour ahead: the app runs the windows with its next tick. */
const range = { start: 0, end: start * 2, app: '', signals: [] };
type World = ReturnType<typeof auditedWorld>;
const asked: Readonly<Record<string, (here: World, ports: World['ports']) => Promise<unknown>>> = {
  rerun: (_, ports) => rerunWindows({ ...range, faulty: false, begin: true }, ports),
  requeue: (_, ports) => requeueWindows(range, ports),
  'a sweep': async (here, ports) => {
    for (const { window } of await here.entries()) await enqueue(window, ports, {});
  },
};

for (const [what, ask] of Object.entries(asked))
  test(`${what} by a clock that is an hour ahead waits for no hour`, async () => {
    const here = auditedWorld();
    here.add(...hourly(2));
    here.setTime(start + 2 * hour);
    await here.plan();
    await here.deliver();
    for (const n of [0, 1]) {
      const seen = await here.ledger.read({ ...feed, start: start + n * hour, end: start + (n + 1) * hour });
      assert.ok(seen);
      const { counts, fingerprint } = seen.value;
      const set = { counts: { ...counts, quarantined: 1 }, fingerprint: requeuedFingerprint(fingerprint) };
      await here.ledger.write({ ...seen.value, ...set }, seen.etag);
    }
    const { clock } = here.ports;
    await ask(here, { ...here.ports, clock: { ...clock, now: () => clock.now() + hour } });
    await here.plan();
    assert.deepEqual(await here.deliver(), ['done', 'done']);
    assert.deepEqual(
      (await here.entries()).map(({ revision, again }) => [revision, again]),
      [
        [2, false],
        [2, false],
      ],
    );
  });

test('what ran by a clock that is days ahead may run again a refresh interval from now, not from then', () => {
  const window = { ...feed, start, end: start + hour };
  const ran = (startedAt: number) => ({ ...plannedEntry(window), state: 'done' as const, revision: 1, startedAt });
  const now = start + 10 * hour;
  assert.deepEqual(
    [48, 0, -0.5, -1].map((hours) => freeAt(ran(now + hours * hour), now, hour)),
    [now + hour, now + hour, now + hour / 2, 0],
  );
});
