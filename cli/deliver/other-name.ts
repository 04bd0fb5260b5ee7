import type { Feed, Interval, Ledger, LedgerEntry, Opening, OriginOf } from '../../shared/model.ts';
import { eachActive } from '../../shared/pipeline/grid/grid.ts';
import { staysAsRead } from '../../shared/pipeline/names/bound.ts';
import { createNames, firstOfOthers, type NamedApp, type Names } from '../../shared/pipeline/names/names.ts';
import { isRequeued } from '../../shared/pipeline/verdict.ts';
import { usage } from '../failure.ts';
import { timeText } from '../terminal/numbers.ts';

/** What the apps of a command read. */
export function originsOf(apps: readonly NamedApp[]): OriginOf {
  const origins = new Map(apps.map(({ app, origin }) => [app, origin]));
  return ({ app, source }) => (source === 'query' ? origins.get(app) : undefined);
}

/** What the lake has of the range under the names of a command. */
export interface OwnWindows {
  /** The first that was read from another app than its name stands for now, or from more. */
  readonly stays: LedgerEntry | undefined;
  /** What windows of these feeds were read from. */
  originsOf(feed: Feed): readonly string[];
  note(entry: LedgerEntry): void;
}

export function ownWindows(apps: readonly NamedApp[]): OwnWindows {
  const originOf = originsOf(apps);
  const origins = new Map<string, Set<string>>();
  const keyOf = ({ app, signal }: Feed): string => `${app}\n${signal}`;
  let stays: LedgerEntry | undefined;
  return {
    get stays() {
      return stays;
    },
    originsOf: (feed) => [...(origins.get(keyOf(feed)) ?? [])],
    note: (entry) => {
      if (staysAsRead(entry, ({ window }) => originOf(window)) && !isRequeued(entry.fingerprint)) stays ??= entry;
      const known = origins.get(keyOf(entry.window)) ?? new Set();
      if (entry.origin !== undefined) origins.set(keyOf(entry.window), known.add(entry.origin));
    },
  };
}

/**
 * An app is what it reads, not what it is called: throws Failure where the lake has a time of the range from one of the
 * apps under another name, or under its name from another app, or from more. Returns what they read under which name.
 */
export async function namesInRange(
  apps: readonly NamedApp[],
  range: Interval,
  own: OwnWindows,
  ledger: Ledger,
  now: () => number,
): Promise<Names> {
  if (own.stays !== undefined) throw usage(otherAppText(own.stays, originsOf(apps)(own.stays.window)));
  const names = createNames(apps, { ...ledger, openings: () => openingsIn(apps, range, own, ledger) }, now);
  for (const { app, signals } of apps)
    for (const signal of signals) {
      const others = await names.others({ app, signal, source: 'query' });
      const first = await firstOfOthers(others, range, ledger);
      if (first !== undefined) throw usage(otherNameText({ app, signal }, first));
    }
  return names;
}

/** What feeds have read: a ledger in the lake does not keep it, so its entries of the range tell. */
async function* openingsIn(
  apps: readonly NamedApp[],
  range: Interval,
  own: OwnWindows,
  ledger: Ledger,
): AsyncGenerator<Opening> {
  const names = new Set(apps.map(({ app }) => app));
  for await (const each of ledger.openings()) {
    const { feed, origins } = each;
    if (feed.source !== 'query' || !apps.some(({ signals }) => signals.includes(feed.signal))) continue;
    if (origins.length > 0) yield each;
    else yield { ...each, origins: names.has(feed.app) ? own.originsOf(feed) : await originsIn(feed, range, ledger) };
  }
}

async function originsIn(feed: Feed, range: Interval, ledger: Ledger): Promise<readonly string[]> {
  const found = new Set<string>();
  for await (const { origin } of eachActive(feed, range, ledger)) if (origin !== undefined) found.add(origin);
  return [...found];
}

const otherNameText = (
  { app, signal }: Pick<Feed, 'app' | 'signal'>,
  { app: other, start, end }: Interval & Pick<Feed, 'app'>,
): string =>
  `export: this lake has ${signal} from ${timeText(start)} to ${timeText(end)} of ${app} under another name, ` +
  `${other}, and rows would be there twice; say ${other} instead of ${app}, or choose a range without that time, or ` +
  'another --out';

const otherAppText = ({ window: { app, signal, start }, origin }: LedgerEntry, now: string | undefined): string =>
  `export: this lake has ${app} ${signal} of ${timeText(start)} from another source (${origin}) than ${app} stands ` +
  `for now (${now}), and these rows stay as they are; give ${app} another name here, or choose another --out`;
