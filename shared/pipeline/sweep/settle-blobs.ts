import type { Feed, Interval, Ledger, LedgerEntry, Millis, ObjectStore } from '../../model.ts';
import { readText } from '../../pure/read-text.ts';
import { settledName, tellSettled, throughIn } from '../audit/settled.ts';
import { isAtRest } from '../entry.ts';

export interface SettleBlobsPorts {
  readonly ledger: Ledger;
  readonly lake: ObjectStore;
  /** How long after its time a folder can still change. */
  readonly lookback: Millis;
  /** How far feeds were settled when this process last looked: it looks once an hour. */
  readonly settledMemory?: Map<string, Millis>;
}

const hour: Millis = 3_600_000;

/**
 * How far the feeds of blobs are settled, after a sweep that came to its end: whatever it found to differ is asked for
 * again, so a window that is at rest now was as the ledger says when its folders could not change any more. Time
 * without folders had no telemetry. Windows from before the first sweep count where their run began late enough.
 */
export async function settleBlobs(
  sweep: { readonly began: Millis; readonly range: Interval },
  isOfExports: (feed: Feed) => boolean,
  ports: SettleBlobsPorts,
): Promise<void> {
  const { ledger, lookback, settledMemory = new Map<string, Millis>() } = ports;
  const limit = Math.floor((sweep.began - lookback) / hour) * hour;
  for await (const feed of ledger.feeds()) {
    const key = [feed.app, feed.signal, feed.source].join('\n');
    if (!isOfExports(feed) || settledMemory.get(key) === limit) continue;
    await settleOne(feed, sweep.range, limit, ports);
    settledMemory.set(key, limit);
  }
}

async function settleOne(feed: Feed, range: Interval, limit: Millis, ports: SettleBlobsPorts): Promise<void> {
  const known = await readText(ports.lake, settledName(feed));
  const before = known ? throughIn(known.value) : 0;
  const settles = (entry: LedgerEntry): boolean =>
    entry.state === 'retired' ||
    (isAtRest(entry) && (entry.startedAt >= entry.window.end + ports.lookback || entry.window.start >= range.start));
  let [through, watermark] = [limit, limit];
  let first: Millis | undefined;
  for await (const entry of ports.ledger.list(feed, { start: before, end: limit })) {
    if (entry.state === 'halved') continue;
    first ??= entry.window.start;
    const { start, end } = entry.window;
    if (end > limit || !settles(entry)) through = Math.min(through, start);
    if (entry.doneAt === 0) watermark = Math.min(watermark, start);
  }
  // A feed of which nothing is known yet says nothing.
  if ((before === 0 && first === undefined) || through < before || through <= 0) return;
  await tellSettled(feed, { watermark: Math.max(watermark, through), through }, known, ports);
}
