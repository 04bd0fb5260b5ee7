import type { Feed, Ledger, LedgerEntry, Progress, Versioned } from '../../model.ts';
import { overlap } from '../grid/tile-range.ts';
import { feedKey } from '../keys.ts';
import { type Others, othersIn } from './names.ts';

/**
 * An app can be planned under several names by processes whose settings differ (an old deployment beside a new one),
 * and the windows of a name are a partition of their own: no transaction spans two. So the progress of a feed says what
 * the feed is held for. Whoever plans an app under a name that is not held for it (1) has said in the ledger that the
 * name reads that, and has seen the feed's progress, (2) then looks which other names ever read it, (3) writes the
 * progress of each anew, so that what is being planned there under the tag of before is refused, (4) then looks what
 * there is under them, and (5) plans under the tag seen in (1). Of two that do so at once one at least comes to the
 * other's name in (2): it has the other refused, or sees in (4) what that has planned. Once held, a feed is planned
 * without a look, as whoever else plans that app writes its progress first.
 */

export interface HoldPorts {
  readonly ledger: Ledger;
  /** `afresh`: looks now, whatever was seen before. */
  readonly others?: (feed: Feed, afresh?: boolean) => Promise<Others | undefined>;
  /** Whether the last look has seen that the feed reads that. */
  readonly isSaid?: (feed: Feed, origin: string) => boolean;
}

export interface Held {
  readonly stands: Versioned<Progress>;
  /** As they are known now. */
  readonly others: Others | undefined;
}

export const isHeldFor = (progress: Progress, origin: string): boolean => progress.origin === origin;

/** Names that have changed places refuse each other, always at one moment maybe: one of them tries again at once. */
export const isFirstOf = ({ app }: Feed, others: Others | undefined): boolean =>
  others?.feeds.every((each) => app < each.app) === true;

/** So often a progress is read again that others write at the same time. */
const tries = 5;

/** Undefined where others were in the way: the next tick tries again. `etag` undefined: the feed has no progress. */
export async function holdName(
  feed: Feed,
  { value, etag }: { readonly value: Progress; readonly etag: string | undefined },
  origin: string,
  { ledger, others: othersOf, isSaid }: HoldPorts,
): Promise<Held | undefined> {
  const stands = etag === undefined ? await begin(feed, value, ledger) : { value, etag };
  if (stands === undefined) return undefined;
  if (etag !== undefined && isSaid?.(feed, origin) === false) await ledger.opening(feed, origin);
  // Nobody has refused it who holds names, and whoever else plans that app said so before the last look, or sees it.
  const isSeen = value.early === true && isSaid?.(feed, origin) === true;
  let others = await othersOf?.(feed, !isSeen);
  if (othersOf !== undefined && isSaid?.(feed, origin) === false) {
    await ledger.opening(feed, origin);
    others = await othersOf(feed, true);
  }
  if (!(await refuse(others?.feeds ?? [], origin, ledger))) return undefined;
  others?.whole.delete(feedKey(feed));
  const { early: _, ...held } = stands.value;
  return { stands: { ...stands, value: { ...held, origin } }, others };
}

/** A feed that has no progress could not be told that another name was first. */
async function begin(feed: Feed, value: Progress, ledger: Ledger): Promise<Versioned<Progress> | undefined> {
  const tags = await ledger.plan(feed, value, undefined, []);
  if (tags === undefined) return undefined;
  return tags.progress === undefined ? ledger.progress(feed) : { value, etag: tags.progress };
}

/** What is being planned under these names is refused, and they are not held for that any more. */
async function refuse(feeds: readonly Feed[], origin: string, ledger: Ledger): Promise<boolean> {
  for (const feed of feeds) if (!(await refuseOne(feed, origin, ledger))) return false;
  return true;
}

async function refuseOne(feed: Feed, origin: string, ledger: Ledger): Promise<boolean> {
  for (let n = 0; n < tries; n++) {
    const known = await ledger.progress(feed);
    if (known === undefined) return true;
    const { origin: held, ...free } = known.value;
    const next = held === origin ? free : known.value;
    if ((await ledger.plan(feed, next, known.etag, [])) !== undefined) return true;
  }
  return false;
}

/**
 * Whether entries of what `feed` reads may be put under the name of their windows, whose progress was read before: the
 * same as above, of a name that is not held. The feed itself is none to be held any more then.
 */
export async function mayPutBeside(
  feed: Feed,
  origin: string,
  entries: readonly LedgerEntry[],
  { ledger, others: othersOf }: HoldPorts,
): Promise<boolean> {
  const [first, last] = [entries[0]?.window, entries.at(-1)?.window];
  const others = first && (await othersOf?.(feed, true));
  if (first === undefined || last === undefined || others === undefined) return true;
  const beside = [feed, ...others.feeds].filter(({ app }) => app !== first.app);
  if (!(await refuse(beside, origin, ledger))) return false;
  const there = await othersIn({ ...others, feeds: beside }, { start: first.start, end: last.end }, ledger);
  return !entries.some(({ window }) => there.some((each) => overlap(window, each)));
}

/**
 * The same for whoever else puts windows into the ledger (a backfill, a rerun): what is held for their app is put
 * without a look.
 */
export const putGuard =
  ({ reader, ...ports }: HoldPorts & { reader(feed: Feed, origin: string): string | undefined }) =>
  async (entries: readonly LedgerEntry[], known: Progress | undefined): Promise<boolean> => {
    const { window, origin } = entries[0] ?? {};
    if (window === undefined || origin === undefined || known?.origin === origin) return true;
    const { app, signal, source } = window;
    const under = { app, signal, source };
    if (ports.isSaid?.(under, origin) === false) await ports.ledger.opening(under, origin);
    return mayPutBeside({ ...under, app: reader(under, origin) ?? app }, origin, entries, ports);
  };
