import type { Clock, Hints, Ledger, Millis, Window } from '../../model.ts';
import { keepFew } from '../../pure/keep-few.ts';
import { feedKey, windowKey } from '../keys.ts';
import type { RunOutcome } from '../run.ts';

export interface SoonerPorts {
  readonly ledger: Pick<Ledger, 'read' | 'write'>;
  readonly hints: Pick<Hints, 'send'>;
  readonly clock: Pick<Clock, 'now' | 'sleep'>;
}

type Ended = Pick<RunOutcome, 'state' | 'window'>;

/** Its source and the lake have been asked, and gave what they were asked for. */
const well: readonly string[] = ['done', 'unavailable'];
/** Of its back-off a window waits so much at least: one with a reason of its own is not tried all the time. */
const share = 1 / 4;
/** What would be tried anyway by then is left as it is. */
const worth: Millis = 15_000;
/** So many after one run: the next one that goes well brings others forward. */
const together = 10;
/** Only bounds what is remembered. */
const most = 500;

/**
 * Hears how each run of the process ended, and never rejects. Back-offs have grown while something refused; a run that
 * goes well shows that it is over for whoever asks the same: what failed there waits for a quarter of its back-off.
 * `until`: nobody waits for that any longer; left out: as long as it takes.
 */
export function createSooner(ports: SoonerPorts): (ran: Ended, until?: Millis) => Promise<void> {
  const { clock } = ports;
  const failed = new Map<string, { readonly window: Window; readonly at: Millis }>();
  const forward = async (window: Window, isOver: () => boolean): Promise<void> => {
    const alike = [...failed].filter(([, one]) => askedOf(one.window) === askedOf(window)).slice(0, together);
    for (const [key, { window: waiting, at }] of alike) {
      if (isOver()) return;
      failed.delete(key);
      await bringForward(waiting, at, ports);
    }
  };
  return async ({ state, window }, until = Number.POSITIVE_INFINITY) => {
    if (['failed', 'halved', ...well].includes(state)) failed.delete(keyOf(window));
    if (state === 'failed') keepFew(failed, keyOf(window), { window, at: clock.now() }, most);
    if (!well.includes(state) || failed.size === 0) return;
    // Where the ledger or the queue is away again back-offs hold.
    const forwarded = forward(window, () => clock.now() >= until).catch(() => undefined);
    if (until === Number.POSITIVE_INFINITY) return forwarded;
    const closed = new AbortController();
    const late = clock.sleep(Math.max(0, until - clock.now()), closed.signal).catch(() => undefined);
    await Promise.race([forwarded, late]);
    closed.abort();
  };
}

async function bringForward(window: Window, failedAt: Millis, { ledger, hints, clock }: SoonerPorts): Promise<void> {
  const seen = await ledger.read(window);
  if (seen?.value.state !== 'failed') return;
  const { notBefore, backfill } = seen.value;
  const sooner = Math.max(clock.now(), Math.round(failedAt + (notBefore - failedAt) * share));
  if (sooner + worth > notBefore) return;
  // Not noted as sent: what comes of it is seen soon, and else the planner sends another.
  const etag = await ledger.write({ ...seen.value, notBefore: sooner, hintedAt: 0 }, seen.etag);
  if (etag !== undefined) await hints.send(window, Math.max(0, sooner - clock.now()), backfill !== undefined);
}

/** Who is asked for a window's records: the query API for an app's, one account for all blobs. */
const askedOf = ({ app, source }: Window): string => (source === 'query' ? `query ${app}` : 'blobs');
const keyOf = (window: Window): string => `${feedKey(window)} ${windowKey(window)}`;
