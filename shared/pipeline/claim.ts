import type { Clock, LakeTables, Ledger, LedgerEntry, Millis, Versioned, Window } from '../model.ts';
import { inTurn } from '../pure/in-turn.ts';
import { askedAgain, claimedEntry } from './entry.ts';
import { afterLoss } from './race.ts';
import { requeuedFingerprint } from './verdict.ts';

/** Another run has claimed the window since: this one must stop, and needs not report a failure. */
export class Overtaken extends Error {
  constructor(window: Window, revision: number) {
    super(`revision ${revision} of ${window.app} ${window.signal} was overtaken by a later run`);
    this.name = 'Overtaken';
  }
}

export type Change = (entry: LedgerEntry) => LedgerEntry;

/** A window held by this run, at the revision it claimed. */
export interface Claim {
  readonly entry: LedgerEntry;
  /** Aborted when the claim is lost. */
  readonly abort: AbortSignal;
  /**
   * Changes the entry while the revision is still ours; a change that gives back what it was given writes nothing.
   * Throws Overtaken.
   */
  update(change: Change): Promise<LedgerEntry>;
  /** The same, and puts the entries of the halves, in one step. Afterwards nothing changes the entry any more. */
  halve(change: Change, halves: readonly LedgerEntry[]): Promise<LedgerEntry>;
  /** Asks the ledger whether the revision is still ours. Throws Overtaken. */
  check(): Promise<void>;
  /**
   * Has the window run once more, whoever holds it by now, although its source is as it was: its files may not be what
   * was done.
   */
  doubt(): Promise<void>;
  /** Stops renewing the lease. */
  release(): Promise<void>;
}

export interface ClaimPorts {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly lease: Millis;
  readonly tables?: LakeTables;
}

/**
 * Claims the window as it was `seen`; undefined when somebody changed the entry since. The lease is renewed until
 * release. Its revision is above every one that the ledger or the lake's tables have seen: a ledger that was lost would
 * fall behind them for ever.
 */
export async function claimWindow(seen: Versioned<LedgerEntry>, ports: ClaimPorts): Promise<Claim | undefined> {
  const { window, files } = seen.value;
  const others = files.flatMap(({ signal }) => (signal === 'quarantine' ? [] : [signal]));
  const inLake = (await ports.tables?.seen(window, others)) ?? 0;
  // A ledger that is older than the lake does not know what was done last.
  const behind = inLake > seen.value.revision ? { revision: inLake, doneAt: 0 } : {};
  const known = { ...seen.value, ...behind };
  const claimed = claimedEntry(known, ports.clock.now(), ports.lease);
  const etag = await ports.ledger.write(claimed, seen.etag);
  return etag === undefined ? undefined : hold({ value: claimed, etag }, ports);
}

function hold(claimed: Versioned<LedgerEntry>, { ledger, clock, lease }: ClaimPorts): Claim {
  const { window, revision } = claimed.value;
  const what = `write the ledger entry of ${window.app} ${window.signal}`;
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
  const change = async (make: Change, put: Ledger['write']): Promise<LedgerEntry> => {
    for (let losses = 1; ; losses++) {
      // By this run, which may not have got the answer: to be halved is the end of an entry.
      if (held.value.state === 'halved') return held.value;
      const next = make(held.value);
      if (next === held.value) return next;
      const etag = await put(next, held.etag);
      if (etag !== undefined) {
        held = { value: next, etag };
        return next;
      }
      await reread();
      await afterLoss(losses, () => `${what}: others change it all the time, or hold a part of its range`, clock);
    }
  };
  // The lease and the run write the same entry.
  const inOrder = inTurn();
  const update = (make: Change) => inOrder(() => change(make, ledger.write));
  const renewals = renew(
    // What has ended meanwhile holds no lease any more.
    () => update((entry) => (entry.state === 'running' ? { ...entry, leaseUntil: clock.now() + lease } : entry)),
    clock,
    lease / 3,
    released.signal,
  );

  return {
    get entry() {
      return held.value;
    },
    abort: lost.signal,
    update,
    halve: (make, halves) => inOrder(() => change(make, (entry, etag) => ledger.halve(entry, etag ?? '', halves))),
    check: async () => {
      if ((await ledger.revision(window)) === revision) return;
      lost.abort();
      throw new Overtaken(window, revision);
    },
    doubt: async () => {
      for (let losses = 1; ; losses++) {
        const found = await ledger.read(window);
        if (found === undefined || found.value.state === 'halved') return;
        const asked = askedAgain(found.value, 0);
        const doubted = { ...asked, fingerprint: requeuedFingerprint(found.value.fingerprint) };
        if ((await ledger.write(doubted, found.etag)) !== undefined) return;
        await afterLoss(
          losses,
          () => `doubt ${window.app} ${window.signal}: others change its entry all the time`,
          clock,
        );
      }
    },
    release: async () => {
      released.abort();
      await renewals;
    },
  };
}

/** A renewal that fails is not the end: the revision decides, not the lease. The next step of the run finds out. */
async function renew(
  extend: () => Promise<unknown>,
  clock: Clock,
  every: Millis,
  released: AbortSignal,
): Promise<void> {
  while (!released.aborted) {
    await clock.sleep(every, released).catch(() => undefined);
    if (!released.aborted) await extend().catch(() => undefined);
  }
}
