import assert from 'node:assert/strict';
import { test } from 'node:test';
import { auditedWorld, day, hour, hourly, start } from '../audit/audited.ts';

const minute = 60_000;

/** A lake that goes away after a day, for so long, and comes back; ticks of five minutes. */
async function outage(length: number, days: number, eachTick?: (here: ReturnType<typeof auditedWorld>) => unknown) {
  const [from, until] = [start + day, start + day + length];
  let refused = 0;
  const here = auditedWorld({
    broken: {
      api: () => undefined,
      lake: () => {
        if (here.now() < from || here.now() >= until) return undefined;
        refused++;
        return new Error('the key was regenerated');
      },
    },
  });
  here.add(...hourly(days * 24));
  const states: string[] = [];
  const order: number[] = [];
  let before = 0;
  for (let now = start; now <= start + days * day; now += 5 * minute) {
    here.setTime(now);
    await eachTick?.(here);
    await here.plan();
    await here.deliver();
    if (now % hour === 0) await here.audit();
    const { state } = await here.gate.look();
    if (states.at(-1) !== state) states.push(state);
    if (now < until) before = here.ran.length;
  }
  order.push(
    ...here.ran
      .slice(before)
      .filter(({ state }) => state === 'done')
      .map(({ window }) => window.start),
  );
  return { here, states, order, refused };
}

test('a lake away for three days: paused, probed, resumed by itself, the oldest windows first', async () => {
  const { here, states, order, refused } = await outage(3 * day, 6);
  assert.deepEqual(states, ['active', 'paused', 'active']);
  assert.deepEqual(await here.differing(), []);
  assert.deepEqual(
    order,
    order.toSorted((a, b) => a - b),
  );
  // Some tries of windows until it was paused, then a probe every half an hour.
  assert.ok(refused <= 12 + 3 * 48 + 5, `${refused} writes were tried`);
  assert.ok(here.ran.filter(({ state }) => state === 'failed').length <= 12);
});

test('a lake away for ten days: disabled after seven, and delivered when a person resumes it', async () => {
  let resumed = false;
  const { here, states } = await outage(10 * day, 13, async ({ gate, now }) => {
    if (now() < start + 12 * day || resumed) return;
    assert.equal((await gate.look()).state, 'disabled', 'it came back a day ago, and nobody looked');
    resumed = true;
    await gate.order('resume', 'the key is set');
  });
  assert.deepEqual(states, ['active', 'paused', 'disabled', 'active']);
  assert.deepEqual(await here.differing(), []);
});

test('an outage of some minutes pauses nothing', async () => {
  const { here, states } = await outage(4 * minute, 2);
  assert.deepEqual(states, ['active']);
  assert.deepEqual(await here.differing(), []);
});

test('paused by hand for a day: not a single write, not even a probe; all is delivered after resume', async () => {
  let puts = 0;
  const { here, states } = await outage(0, 4, async ({ gate, now, puts: tried }) => {
    if (now() === start + day) {
      await gate.order('pause', 'work on the account');
      puts = tried();
    }
    if (now() !== start + 2 * day) return;
    assert.equal(tried(), puts);
    await gate.order('resume', '');
  });
  assert.deepEqual(states, ['active', 'paused', 'active']);
  assert.deepEqual(await here.differing(), []);
});

test('what had failed before the lake was paused does not wait for the end of its back-off', async () => {
  const here = auditedWorld({
    broken: { api: () => undefined, lake: () => (here.now() < start + 5 * hour ? new Error('gone') : undefined) },
  });
  here.add(...hourly(5));
  here.setTime(start + 2 * hour);
  await here.plan();
  await here.deliver();
  await here.gate.order('pause', 'by hand');
  here.setTime(start + 2 * hour + 10_000);
  await here.gate.order('resume', '');
  here.setTime(start + 5 * hour);
  const [entry] = await here.entries();
  assert.ok(entry);
  const etag = (await here.ledger.read(entry.window))?.etag;
  const waiting = { ...entry, state: 'failed' as const, notBefore: start + 6 * hour, hintedAt: start + 6 * hour };
  await here.ledger.write(waiting, etag);
  await here.gate.order('pause', 'once more');
  await here.gate.order('resume', '');
  await here.plan();
  assert.equal(here.sent[0]?.start, entry.window.start);
  await here.deliver();
  assert.deepEqual(await here.differing(), []);
});
