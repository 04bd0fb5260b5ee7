import type { Backfill, Millis } from '../../model.ts';
import { pass, renewed } from './steer.ts';
import type { BackfillPorts } from './take.ts';

/**
 * With each tick of the planner: sends again what is lost of the messages that go round, after `patience`, or when the
 * lake was paused since (`resumedAt`), or when this process began after that (`began`: the queue gives messages up
 * while settings are wrong) and nothing of the backfill runs. Returns the backfills that go on.
 */
export async function tendBackfills(
  ports: BackfillPorts,
  patience: Millis,
  resumedAt: Millis,
  began: Millis = 0,
): Promise<ReadonlySet<string>> {
  const { store, clock } = ports;
  const running = new Set<string>();
  for await (const each of store.list()) {
    // One that is done has windows that failed, maybe: they are tried again.
    if (each.state === 'running' || each.state === 'done') running.add(each.id);
    const now = clock.now();
    if (each.state !== 'running') continue;
    const stands = each.slots.some(({ at }) => at < began) && !(await isUnderWay(each, ports));
    const since = Math.max(resumedAt, stands ? began : 0);
    const isLost = ({ at }: { readonly at: Millis }) => at + patience <= now || at < since;
    if (!each.slots.some(isLost)) continue;
    const seen = await store.read(each.id);
    if (seen?.value.state !== 'running') continue;
    const before = seen.value.slots;
    const next = { ...seen.value, slots: renewed(seen.value, now, isLost) };
    if ((await store.write(next, seen.etag)) !== undefined)
      await pass(next, ports, (n) => next.slots[n]?.turn !== before[n]?.turn);
  }
  return running;
}

/** Whether a window of it runs. */
async function isUnderWay({ id, app, signals }: Backfill, { ledger }: BackfillPorts): Promise<boolean> {
  for (const signal of signals)
    for await (const { backfill, state } of ledger.open({ app, signal, source: 'query' }))
      if (backfill === id && state === 'running') return true;
  return false;
}
