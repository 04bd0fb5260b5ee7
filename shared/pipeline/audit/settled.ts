import type { Confirmation, Feed, Ledger, LedgerEntry, Millis, ObjectStore, Versioned } from '../../model.ts';
import { appWord } from '../../pure/app-word.ts';
import { readText } from '../../pure/read-text.ts';
import { SCHEMA_VERSION } from '../../signals/columns-of.ts';
import { isAtRest } from '../entry.ts';
import { windowKey } from '../keys.ts';
import { type Reads, staysAsRead } from '../names/bound.ts';
import { coveredEnd, type Others } from '../names/names.ts';

/** What jobs downstream may rely on, as a small file in the lake says it. */
export interface Settled {
  readonly watermark: Millis;
  /** Exclusive end of the windows without a gap in which late rows cannot change anything any more; 0: none. */
  readonly through: Millis;
}

export interface SettledPorts {
  readonly ledger: Ledger;
  readonly lake: ObjectStore;
  /** How long after its end late rows of a window can come. */
  readonly recheck: Millis;
  /** What windows would be read from now; left out: what they always were. */
  readonly reads?: Reads;
  /** What other names of the feed's app have brought; left out: nothing. */
  readonly others?: (feed: Feed) => Promise<Others | undefined>;
  /** The entries of the feed from some time on, up to now; left out: they are listed. */
  readonly entries?: { readonly from: Millis; readonly entries: readonly LedgerEntry[] };
}

/** That of the query API has no source in its name, as it had before there were others. */
export const settledName = ({ app, signal, source }: Feed): string =>
  `_insights-lake/settled/app=${appWord(app)}/${signal}${source === 'query' ? '' : `-${source}`}.json`;

/**
 * Brings the file of the feed up to date; it never goes back. `confirmed`: what an audit at `at` and those before know.
 * Undefined when the feed has no windows yet.
 */
export async function settleFeed(
  feed: Feed,
  confirmed: ReadonlyMap<string, Confirmation>,
  at: Millis,
  ports: SettledPorts,
): Promise<Settled | undefined> {
  const { ledger, lake, recheck } = ports;
  const progress = (await ledger.progress(feed))?.value;
  if (progress === undefined) return undefined;
  const known = await readText(lake, settledName(feed));
  const before = known ? throughIn(known.value) : 0;
  // What was read from another app stays as it is.
  const isSettled = (entry: LedgerEntry) =>
    (isAtRest(entry) && staysAsRead(entry, ports.reads)) ||
    settles(entry, confirmed.get(windowKey(entry.window)), recheck);
  const through = await settledEnd(feed, before, at - recheck, isSettled, ports);
  const settled = { watermark: progress.watermark, through };
  await tellSettled(feed, settled, known, ports);
  return settled;
}

/** Puts the file of the feed where it would say something else than it was `known` to. */
export async function tellSettled(
  feed: Feed,
  settled: Settled,
  known: Versioned<string> | undefined,
  { ledger, lake }: Pick<SettledPorts, 'ledger' | 'lake'>,
): Promise<void> {
  const text = `${JSON.stringify(documentOf(feed, settled), null, 1)}\n`;
  if (settled.through === 0 || known?.value === text) return;
  // Somebody else's file is as good: it says what was true a moment ago.
  await lake.put(settledName(feed), new TextEncoder().encode(text), known?.etag);
  await ledger.recordSettled(feed, settled.through);
}

/** Read, or found to be as it was read, when nothing could come any more. */
function settles(entry: LedgerEntry, confirmed: Confirmation | undefined, recheck: Millis): boolean {
  if (entry.state === 'retired') return true;
  const past = entry.window.end + recheck;
  if (!isAtRest(entry)) return false;
  return entry.startedAt >= past || (confirmed?.revision === entry.revision && confirmed.last >= past);
}

async function settledEnd(
  feed: Feed,
  from: Millis,
  to: Millis,
  isSettled: (entry: LedgerEntry) => boolean,
  { ledger, entries, others }: SettledPorts,
): Promise<Millis> {
  let reached = from;
  // What other names have brought is no gap, once it is so old.
  const over = async (end: Millis): Promise<Millis> => {
    const theirs = await others?.(feed);
    const has = (entry: LedgerEntry) => entry.window.end <= to && isAtRest(entry) && theirs?.has(entry) === true;
    return coveredEnd(theirs && { ...theirs, has }, { start: reached, end }, ledger);
  };
  const known = entries?.entries.filter(({ window: { start } }) => from <= start && start < to);
  const listed = () => ledger.list(feed, from === 0 ? { end: to } : { start: from, end: to });
  for await (const entry of known !== undefined && from >= (entries?.from ?? from) && from > 0 ? known : listed()) {
    if (entry.state === 'halved') continue;
    if (reached === 0) reached = entry.window.start;
    if (entry.window.start > reached) reached = await over(entry.window.start);
    if (entry.window.start !== reached || !isSettled(entry)) break;
    reached = entry.window.end;
  }
  return reached;
}

const timeText = (at: Millis): string => new Date(at).toISOString();

const documentOf = ({ app, signal, source }: Feed, { watermark, through }: Settled) => ({
  app,
  signal,
  source,
  settledThrough: timeText(through),
  watermark: timeText(watermark),
  schemaVersion: SCHEMA_VERSION,
});

/** 0 when it is no file of ours any more: found anew from the first window on. */
export function throughIn(text: string): Millis {
  try {
    return Date.parse(JSON.parse(text).settledThrough) || 0;
  } catch {
    return 0;
  }
}
