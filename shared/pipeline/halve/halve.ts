import type { Clock, Engine, Hints, LakeTables, Ledger, LedgerEntry, ObjectStore, Window } from '../../model.ts';
import type { Claim } from '../claim.ts';
import { replaceOthers } from '../commit.ts';
import { halvedEntry, plannedEntry } from '../entry.ts';
import type { InLakePorts } from '../running/in-lake.ts';

export interface HalvePorts extends InLakePorts {
  readonly ledger: Pick<Ledger, 'hinted'>;
  readonly lake: ObjectStore;
  readonly tables?: LakeTables;
  readonly engine: Pick<Engine, 'emptyFile'>;
  readonly clock: Clock;
  /** Sends the halves on their way. Left out: whoever has this window run runs them, too. */
  readonly hints?: Hints;
  /** Requests that this run has made before it gave up reading. Left out: none. */
  readonly spent?: () => number;
}

/**
 * So many runs of a window that ended without a word, and the next one halves it instead of reading it. One or two are
 * an update, or a machine that was taken away; so many of the same window are the window's doing. (Time that runs out
 * is noticed before it comes to that.)
 */
const deadly = 5;

/** Why the window is too heavy to be read once more; '' when it is not. */
export const tooHeavy = ({ died }: LedgerEntry): string =>
  died < deadly ? '' : `its last ${died} runs ended without a word, for lack of time or memory or in a crash`;

/**
 * Replaces the window by its halves: to the lake this is a run that finds no rows (step 5: an empty file in place of
 * every one that any attempt wrote or meant to write, so that a stalled one can write none any more), to the ledger one
 * transaction. Before that nothing has changed, and who finds the lease expired does it again; after it the halves are
 * windows as any others.
 */
export async function halveWindow(
  claim: Claim,
  halves: readonly [Window, Window],
  why: string,
  { ledger, lake, tables, engine, clock, hints, inLake, spent = () => 0 }: HalvePorts,
): Promise<LedgerEntry> {
  const ports = { lake, clock, ...(tables && { tables }), ...(inLake && { inLake }) };
  const emptied = await replaceOthers([], claim, ports, engine.emptyFile);
  const text = `halved at ${new Date(halves[1].start).toISOString()}: ${why}`;
  const { backfill, past, origin } = claim.entry;
  const planned = halves.map((half) => ({
    ...plannedEntry(half, 0, origin),
    ...(backfill !== undefined && { backfill }),
    ...(past && { past }),
  }));
  const entry = await claim.halve((held) => halvedEntry(held, emptied, text, spent()), planned);
  if (hints === undefined) return entry;
  for (const half of halves) await hints.send(half, 0, backfill !== undefined);
  await ledger.hinted(claim.entry.window, halves, clock.now());
  return entry;
}
