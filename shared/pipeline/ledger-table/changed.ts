import { createHash, type Hash } from 'node:crypto';
import type { DayTally, Ledger, Millis } from '../../model.ts';
import { dayText, type TableIndex } from './days.ts';

const day: Millis = 24 * 3_600_000;
/** All of these days are looked at every time. */
const recent = 35 * day;
/** Tallies that are read at most of the days before: about as many pages of a thousand, and as many a second. */
const mostOlder = 200_000;

/** Days that are not in the table as they are in the ledger, and what each looks like; by day. */
export interface ChangedDays {
  readonly days: ReadonlyMap<Millis, string>;
  /** Where the next look at older days begins; 0: at the first. */
  readonly next: Millis;
}

/**
 * A day has changed when the tallies of its feeds have, and as long as late rows can come, since until then audits and
 * sweeps confirm its windows anew. `young`: how long that is.
 */
export async function changedDays(
  index: TableIndex,
  now: Millis,
  young: Millis,
  ledger: Pick<Ledger, 'tallies'>,
): Promise<ChangedDays> {
  const today = Math.floor(now / day) * day;
  const from = today - recent;
  const changed = new Map<Millis, string>();
  const note = ([of, hash]: readonly [Millis, Hash]) => {
    const age = of + day + young > now ? dayText(today) : 'settled';
    const looks = `${hash.digest('hex').slice(0, 16)} ${age}`;
    if (index.days.get(of)?.looks !== looks) changed.set(of, looks);
    seen.add(of);
  };
  const seen = new Set<Millis>();
  let next = 0;
  let read = 0;
  for await (const each of hashedDays(ledger.tallies({ start: index.next, end: from }))) {
    note([each.day, each.hash]);
    read += each.tallies;
    next = each.day + day;
    if (read >= mostOlder) break;
  }
  for await (const each of hashedDays(ledger.tallies({ start: from, end: today + 3 * day })))
    note([each.day, each.hash]);
  // Days that the ledger does not tell of any more.
  const looked = next === 0 || read < mostOlder ? from : next;
  for (const of of index.days.keys())
    if (!seen.has(of) && ((index.next <= of && of < looked) || of >= from)) changed.set(of, 'gone');
  const sorted = [...changed].toSorted(([one], [other]) => one - other);
  return { days: new Map(sorted), next: read >= mostOlder && next < from ? next : 0 };
}

/** Of all feeds together; tallies come by day. */
async function* hashedDays(tallies: AsyncIterable<DayTally>) {
  let held: { day: Millis; hash: Hash; tallies: number } | undefined;
  for await (const tally of tallies) {
    if (held !== undefined && held.day !== tally.day) yield held;
    if (held === undefined || held.day !== tally.day) held = { day: tally.day, hash: createHash('sha256'), tallies: 0 };
    held.hash.update(JSON.stringify(tally));
    held.tallies += 1;
  }
  if (held !== undefined) yield held;
}
