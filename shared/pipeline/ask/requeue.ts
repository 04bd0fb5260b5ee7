import type { Clock, Feed, Hints, Interval, Ledger, LedgerEntry, ReadFrom, Signal, Window } from '../../model.ts';
import { askedAgain, unavailableEntry } from '../entry.ts';
import { waitsFor } from '../names/bound.ts';
import { afterLoss } from '../race.ts';
import { requeuedFingerprint } from '../verdict.ts';
import { sendFor } from './ask.ts';

/** Which windows to look at; `app` '' and no signals: all. */
export interface RequeueRequest extends Interval {
  readonly app: string;
  readonly signals: readonly Signal[];
}

export interface RequeuePorts {
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** Left out: nobody waits for messages, the windows run when the command that made them runs again. */
  readonly hints?: Hints;
  /** What a window is read from; left out: what it always was. */
  readonly readFrom?: ReadFrom;
}

export interface RequeueOutcome {
  /** Windows that were looked at. */
  readonly windows: number;
  /** Windows that run again, because something of theirs is in quarantine, or because their last run failed. */
  readonly quarantined: number;
  readonly failed: number;
}

/**
 * After a fix: windows whose last run set something aside, or failed, are asked for again, although their source is as
 * it was. Their files are replaced only by a run that comes to its end.
 */
export async function requeueWindows(request: RequeueRequest, ports: RequeuePorts): Promise<RequeueOutcome> {
  const outcome = { windows: 0, quarantined: 0, failed: 0 };
  for await (const feed of ports.ledger.feeds()) {
    if (!isWanted(feed, request)) continue;
    for await (const entry of ports.ledger.list(feed, request)) {
      if (entry.state === 'halved') continue; // its halves are looked at
      outcome.windows += 1;
      const why = reasonOf(entry);
      if (why !== undefined && (await askAgain(entry.window, ports))) outcome[why] += 1;
    }
  }
  return outcome;
}

const isWanted = (feed: Feed, { app, signals }: RequeueRequest): boolean =>
  (app === '' || feed.app === app) && (signals.length === 0 || signals.includes(feed.signal));

function reasonOf({ state, counts }: LedgerEntry): 'failed' | 'quarantined' | undefined {
  if (state === 'failed') return 'failed';
  if (state === 'retired') return undefined;
  return counts.quarantined > 0 ? 'quarantined' : undefined;
}

async function askAgain(window: Window, { ledger, clock, hints, readFrom }: RequeuePorts): Promise<boolean> {
  for (let losses = 1; ; losses++) {
    const seen = await ledger.read(window);
    if (seen === undefined || reasonOf(seen.value) === undefined) return false;
    const waits = readFrom === undefined ? '' : waitsFor(seen.value, await readFrom(seen.value));
    if (waits !== '') {
      // Its app is gone for good: nothing waits for it any more, and a rerun reads it if that is there again.
      const given = unavailableEntry(seen.value, clock.now(), 0, waits);
      if ((await ledger.write(given, seen.etag)) !== undefined) return true;
      continue;
    }
    const { fingerprint } = seen.value;
    const entry = {
      ...askedAgain(seen.value, 0),
      fingerprint: requeuedFingerprint(fingerprint),
    };
    await ledger.opening(window);
    const etag = await ledger.write(entry, seen.etag);
    if (etag !== undefined && hints !== undefined) await sendFor({ entry, etag, free: 0 }, { ledger, hints, clock });
    if (etag !== undefined) return true;
    await afterLoss(
      losses,
      () => `requeue ${window.app} ${window.signal}: others change its entry all the time`,
      clock,
    );
  }
}
