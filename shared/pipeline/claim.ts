import type {
  ClaimedAs,
  Clock,
  FileRecord,
  LakeTables,
  Ledger,
  LedgerEntry,
  Millis,
  Progress,
  Versioned,
  Window,
} from '../model.ts';
import { inTurn } from '../pure/in-turn.ts';
import { askedAgain, claimedEntry, intendedEntry } from './entry.ts';
import { afterLoss } from './race.ts';
import type { Recall } from './running/recall.ts';
import { isRequeued, requeuedFingerprint } from './verdict.ts';

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
  /** The entry as it stands, with the tag of this run's last write. */
  readonly seen: Versioned<LedgerEntry>;
  /**
   * Tags of files, known before the claim was written (undefined: nothing is there; else as the ledger has them of the
   * run that was done last): so the claim itself is the look at the ledger that has to come after a tag. A put that
   * fails for it has met what no run of this ledger put. Whoever puts a file takes it out.
   */
  readonly known: Map<string, string | undefined>;
  /** What the first claim of a window intends, and nothing was put at yet: no other attempt can have done so. */
  readonly unput: Set<string>;
  /** Paths that this run has put. */
  readonly put: Set<string>;
  /**
   * Where the lake is looked at for files that the ledger does not know. `everywhere`: no tag of its last run is known
   * (no put would tell), or a table is further. `near` those that it knows: it was asked for, its source as it was.
   */
  readonly looksInLake: 'everywhere' | 'near' | 'no';
  /** Why the lake's tables could not be asked which revision they have: such a run must end. Left out: they were. */
  readonly fault?: unknown;
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
  /** Renews the lease no more: what is written from now on waits for no renewal. */
  rest(): void;
  /** The same, and waits for the renewal that is under way. */
  release(): Promise<void>;
}

export interface ClaimPorts {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly lease: Millis;
  readonly tables?: LakeTables;
  /** What this process has written before. Left out: nothing is remembered. */
  readonly recall?: Recall;
  /** The file that a window has mostly, where it has one and no table; left out: not known. */
  readonly expected?: (window: Window) => FileRecord | undefined;
  /** Aborted when nobody waits for the run any more: its lease is renewed no more. Left out: somebody does. */
  readonly over?: AbortSignal;
}

/**
 * Claims the window as it was `seen`; undefined when somebody changed the entry since. The lease is renewed until
 * release. Its revision is above every one that the ledger or the lake's tables have seen: a ledger that was lost would
 * fall behind them for ever. Where they cannot be asked it is claimed all the same, so that the ledger hears of it: the
 * claim has a `fault`.
 */
export async function claimWindow(seen: Versioned<LedgerEntry>, ports: ClaimPorts): Promise<Claim | undefined> {
  const { window, files } = seen.value;
  const others = files.flatMap(({ signal }) => (signal === 'quarantine' ? [] : [signal]));
  const asked = await ports.tables?.seen(window, others).then(
    (revision) => ({ revision }),
    (fault: unknown) => ({ revision: 0, fault }),
  );
  const inLake = asked?.revision ?? 0;
  // A ledger that is older than the lake does not know what was done last.
  const behind = inLake > seen.value.revision ? { revision: inLake, doneAt: 0 } : {};
  const claimed = firstIntent(claimedEntry({ ...seen.value, ...behind }, ports.clock.now(), ports.lease), ports);
  let stands: Versioned<LedgerEntry> | undefined;
  const etag = await ports.ledger.write(claimed, seen.etag, (found) => {
    stands = found;
  });
  if (etag === undefined) return void ports.recall?.outdated(window, stands);
  const near = isRequeued(seen.value.fingerprint) ? 'near' : 'no';
  const claim = hold({ value: claimed, etag }, ports, inLake > seen.value.revision ? 'everywhere' : near);
  // Not spread: what stands in a claim changes.
  return asked !== undefined && 'fault' in asked ? Object.assign(claim, { fault: asked.fault }) : claim;
}

/**
 * Puts a window that the feed does not have yet into the ledger as claimed, in one write. It begins where the feed's
 * planned time ends, so that no other can have a part of its time, as long as the feed's progress is as it was `known`.
 * Undefined where that has changed, or cannot be told.
 */
export async function claimNew(
  planned: LedgerEntry,
  known: Versioned<Progress>,
  ports: ClaimPorts,
): Promise<Claim | undefined> {
  const { window } = planned;
  if (window.start < known.value.horizon || ports.tables !== undefined) return undefined;
  const claimed = firstIntent(claimedEntry(planned, ports.clock.now(), ports.lease), ports);
  const progress = { ...known.value, horizon: window.end };
  let stands: Versioned<Progress> | undefined;
  const tags = await ports.ledger.plan(window, progress, known.etag, [claimed], (found) => {
    stands = found;
  });
  const next = tags?.progress;
  ports.recall?.keepProgress(window, next === undefined ? stands : { value: progress, etag: next });
  if (tags === undefined) return void ports.recall?.outdated(window);
  const [etag] = tags.entries;
  if (etag !== undefined) return hold({ value: claimed, etag }, ports);
  const found = await ports.ledger.read(window);
  const { revision, startedAt } = claimed;
  const isOurs = found?.value.revision === revision && found.value.startedAt === startedAt;
  return isOurs ? hold(found, ports) : undefined;
}

/** A first claim intends the file that the window has mostly: so the run need not tell the ledger before it puts it. */
function firstIntent(claimed: LedgerEntry, { tables, expected }: ClaimPorts): LedgerEntry {
  const file = claimed.revision === 1 && tables === undefined ? expected?.(claimed.window) : undefined;
  return file === undefined ? claimed : intendedEntry(claimed, [file]);
}

function hold(claimed: Versioned<LedgerEntry>, ports: ClaimPorts, looks: Claim['looksInLake'] = 'no'): Claim {
  const { ledger, clock, lease, over } = ports;
  const { window, revision, startedAt, files, doneAt } = claimed.value;
  // A ledger that was restored can count to the same revision once more: of two claims of it one is older.
  const isOurs = (now: ClaimedAs | undefined) => now?.revision === revision && now.startedAt === startedAt;
  const unput = new Set(revision === 1 ? files.map(({ path }) => path) : []);
  const known = new Map<string, string | undefined>([...unput].map((path) => [path, undefined]));
  // What an attempt that failed has put since, the ledger does not know.
  if (claimed.value.attempts === 1) for (const { path, etag } of files) if (etag !== undefined) known.set(path, etag);
  const what = `write the ledger entry of ${window.app} ${window.signal}`;
  let held = claimed;
  const lost = new AbortController();
  const released = new AbortController();

  const reread = async (): Promise<void> => {
    const found = await ledger.read(window);
    if (found === undefined || !isOurs(found.value)) {
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
    over === undefined ? released.signal : AbortSignal.any([released.signal, over]),
  );

  return {
    get entry() {
      return held.value;
    },
    get seen() {
      return held;
    },
    known,
    unput,
    put: new Set(),
    looksInLake: doneAt > 0 && files.every(({ etag }) => etag === undefined) ? 'everywhere' : looks,
    abort: lost.signal,
    update,
    halve: (make, halves) => inOrder(() => change(make, (entry, etag) => ledger.halve(entry, etag ?? '', halves))),
    check: async () => {
      if (isOurs(await ledger.claimed(window))) return;
      lost.abort();
      throw new Overtaken(window, revision);
    },
    doubt: async () => {
      for (let losses = 1; ; losses++) {
        const found = await ledger.read(window);
        if (found === undefined || ['halved', 'retired'].includes(found.value.state)) return;
        const asked = askedAgain(found.value, 0);
        const doubted = { ...asked, fingerprint: requeuedFingerprint(found.value.fingerprint) };
        await ledger.opening(window);
        if ((await ledger.write(doubted, found.etag)) !== undefined) return;
        await afterLoss(
          losses,
          () => `doubt ${window.app} ${window.signal}: others change its entry all the time`,
          clock,
        );
      }
    },
    rest: () => released.abort(),
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
