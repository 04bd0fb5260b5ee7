import type { Clock, Ledger, LedgerEntry, Millis, Versioned, Window } from '../model.ts';
import { claimedEntry } from './entry.ts';

/** Another run has claimed the window since: this one must stop, and needs not report a failure. */
export class Overtaken extends Error {
  constructor(window: Window, revision: number) {
    super(`revision ${revision} of ${window.app} ${window.signal} was overtaken by a later run`);
    this.name = 'Overtaken';
  }
}

/** A window held by this run, at the revision it claimed. */
export interface Claim {
  readonly entry: LedgerEntry;
  /** Aborted when the claim is lost. */
  readonly abort: AbortSignal;
  /** Changes the entry while the revision is still ours. Throws Overtaken. */
  update(change: (entry: LedgerEntry) => LedgerEntry): Promise<LedgerEntry>;
  /** Asks the ledger whether the revision is still ours. Throws Overtaken. */
  check(): Promise<void>;
  /** Stops renewing the lease. */
  release(): Promise<void>;
}

export interface ClaimPorts {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly lease: Millis;
}

/** Claims the window as it was `seen`; undefined when somebody changed the entry since. The lease is renewed until release. */
export async function claimWindow(seen: Versioned<LedgerEntry>, ports: ClaimPorts): Promise<Claim | undefined> {
  const claimed = claimedEntry(seen.value, ports.clock.now(), ports.lease);
  const etag = await ports.ledger.write(claimed, seen.etag);
  return etag === undefined ? undefined : hold({ value: claimed, etag }, ports);
}

function hold(claimed: Versioned<LedgerEntry>, { ledger, clock, lease }: ClaimPorts): Claim {
  const { window, revision } = claimed.value;
  let held = claimed;
  const lost = new AbortController();
  const released = new AbortController();

  const reread = async (): Promise<void> => {
    const found = await ledger.read(window);
    if (found?.value.revision !== revision) {
      lost.abort();
      throw new Overtaken(window, revision);
    }
    held = found;
  };
  const change = async (make: (entry: LedgerEntry) => LedgerEntry): Promise<LedgerEntry> => {
    for (;;) {
      const next = make(held.value);
      const etag = await ledger.write(next, held.etag);
      if (etag !== undefined) {
        held = { value: next, etag };
        return next;
      }
      await reread();
    }
  };
  const update = inTurn(change);
  const renewals = renew(() => update((entry) => ({ ...entry, leaseUntil: clock.now() + lease })), clock, lease / 3, released.signal);

  return {
    get entry() {
      return held.value;
    },
    abort: lost.signal,
    update,
    check: async () => {
      const found = await ledger.read(window);
      if (found?.value.revision === revision) return;
      lost.abort();
      throw new Overtaken(window, revision);
    },
    release: async () => {
      released.abort();
      await renewals;
    },
  };
}

/** One call after the other: the lease and the run write the same entry. */
function inTurn<A, R>(call: (argument: A) => Promise<R>): (argument: A) => Promise<R> {
  let last: Promise<unknown> = Promise.resolve();
  return (argument) => {
    const turn = last.then(
      () => call(argument),
      () => call(argument),
    );
    last = turn.catch(() => undefined);
    return turn;
  };
}

/** A renewal that fails is not the end: the revision decides, not the lease. The next step of the run finds out. */
async function renew(extend: () => Promise<unknown>, clock: Clock, every: Millis, released: AbortSignal): Promise<void> {
  while (!released.aborted) {
    await clock.sleep(every, released).catch(() => undefined);
    if (!released.aborted) await extend().catch(() => undefined);
  }
}
