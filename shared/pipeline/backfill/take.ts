import type {
  Backfill,
  BackfillQueue,
  BackfillStore,
  BackfillTurn,
  Clock,
  Feed,
  Interval,
  LedgerEntry,
  Millis,
  Signal,
  Window,
} from '../../model.ts';
import { plannedEntry } from '../entry.ts';
import { activeWindows, type GridPorts, putWindows } from '../grid/grid.ts';
import { overlap, tileRange } from '../grid/tile-range.ts';
import { mayPutBeside } from '../names/hold.ts';
import { type Others, othersIn } from '../names/names.ts';
import { afterLoss } from '../race.ts';
import { backfillChoice, backfilledEntry } from './choice.ts';
import { isForeign, lackingIn, roomIn, type UnderOthers } from './under-others.ts';

export interface BackfillPorts extends GridPorts, UnderOthers {
  readonly clock: Clock;
  readonly store: BackfillStore;
  readonly queue: BackfillQueue;
  /** From when on the lake keeps rows of a signal; undefined, or left out: for ever. */
  readonly keptFrom?: (signal: Signal) => Millis | undefined;
  /** What other names of a feed's app have brought, which is not brought once more; left out: nothing. */
  readonly others?: (feed: Feed, afresh?: boolean) => Promise<Others | undefined>;
}

const day: Millis = 24 * 3_600_000;
/** So many days of feeds are looked at before it is noted how far that came. */
const atOnce = 200;

export const dayOf = (at: Millis): Millis => Math.floor(at / day) * day;

type Place = Pick<Backfill, 'day' | 'signal' | 'next'>;

/** What the tries for one message have written: it may have been done although the answer said otherwise. */
export interface Taking {
  tried?: { readonly window: Window; readonly at: Millis } | undefined;
}

/**
 * The next window of a backfill, and the message that asks for the one after it. Undefined where there is none for this
 * message: the backfill is not running, or has come to its end, or the message is not the last of its slot. The window
 * stands in the ledger before the backfill goes on beyond it, so whoever dies in between leaves it to the next. Called
 * again for the same message after a failure, with the same `taking`, it knows what it has taken.
 */
export async function takeNext(
  { id, slot, turn }: BackfillTurn,
  ports: BackfillPorts,
  taking: Taking = {},
): Promise<{ readonly window: Window; readonly next: BackfillTurn } | undefined> {
  const { store, clock } = ports;
  for (let losses = 1; ; ) {
    const seen = await store.read(id);
    const backfill = seen?.value;
    const mine = backfill?.slots[slot];
    const { tried } = taking;
    if (tried !== undefined && mine?.turn === turn + 1 && mine.at === tried.at)
      return { window: tried.window, next: { id, slot, turn: turn + 1 } };
    if (backfill?.state !== 'running' || mine?.turn !== turn) return undefined;
    const found = await findNext(backfill, ports);
    const given = found.window === undefined ? 0 : 1;
    const at = clock.now();
    const slots = backfill.slots.map((each, n) => (n === slot ? { turn: turn + given, at } : each));
    const { place, window } = found;
    const roomless = (backfill.roomless ?? 0) + found.roomless;
    taking.tried = window && { window, at };
    const taken = backfill.taken + given;
    const base = roomless > 0 ? { ...backfill, roomless } : backfill;
    const after: Backfill =
      place === undefined ? { ...base, state: 'done', slots } : { ...base, ...place, slots, taken };
    if ((await store.write(after, seen?.etag)) === undefined) {
      await afterLoss(losses++, () => `backfill ${id}: others change it all the time`, clock);
      continue;
    }
    if (place === undefined) return undefined;
    if (window !== undefined) return { window, next: { id, slot, turn: turn + 1 } };
    losses = 1;
  }
}

/** `place`: where to look next; undefined: the end. `window` undefined: nothing up to there. */
interface Found {
  readonly place: Place | undefined;
  readonly window?: Window;
  /** Windows before it that no name has room for. */
  readonly roomless: number;
}

async function findNext(backfill: Backfill, ports: BackfillPorts): Promise<Found> {
  let { day: at, signal, next } = backfill;
  let roomless = 0;
  for (let looked = 0; at < backfill.end; ) {
    if (looked++ >= atOnce) return { place: { day: at, signal, next }, roomless };
    const { window, ...found } = await inDay(backfill, { day: at, signal, next }, ports);
    roomless += found.roomless;
    if (window !== undefined) return { place: { day: at, signal, next: window.end }, window, roomless };
    signal += 1;
    if (signal >= backfill.signals.length) [at, signal] = [at + day, 0];
    next = Math.max(at, backfill.start);
  }
  return { place: undefined, roomless };
}

async function inDay(backfill: Backfill, place: Place, ports: BackfillPorts): Promise<Omit<Found, 'place'>> {
  const signal = backfill.signals[place.signal];
  if (signal === undefined) return { roomless: 0 };
  const feed: Feed = { app: backfill.app, signal, source: 'query' };
  const range: Interval = {
    start: Math.max(place.day, backfill.start, ports.keptFrom?.(signal) ?? 0),
    end: Math.min(place.day + day, backfill.end),
  };
  if (range.start >= range.end) return { roomless: 0 };
  for (let losses = 1; ; losses++) {
    const all = await activeWindows(feed, range, ports.ledger);
    const known = all.filter((entry) => !isForeign(entry, ports));
    const foreign = all.filter((entry) => !known.includes(entry)).map(({ window }) => window);
    const entries = new Map(known.map((entry) => [entry.window.start, entry]));
    const others = await othersIn(await ports.others?.(feed), range, ports.ledger);
    const theirs = new Set(others.map(({ start }) => start));
    const there = [...known.map(({ window }) => window), ...foreign];
    const tiles = tileRange(range, backfill.window, [...there, ...others]).filter(
      (tile) => entries.has(tile.start) || !(theirs.has(tile.start) || foreign.some((each) => overlap(each, tile))),
    );
    const lacking = lackingIn(foreign, [...others, ...known.map(({ window }) => window)], range, backfill.window);
    const room = lacking.length > 0 ? await roomIn(range, ports.homes?.(feed) ?? [], ports.ledger) : () => undefined;
    const elsewhere = new Map(lacking.map((tile) => [tile, room(tile)]));
    const inOrder = [...tiles, ...lacking].toSorted((one, other) => one.start - other.start);
    const taken = await firstOf(inOrder, elsewhere, feed, entries, backfill, place, ports);
    if (taken !== 'lost') {
      const end = taken?.start ?? range.end;
      const without = lacking.filter((tile) => tile.end > place.next && tile.end <= end && !elsewhere.get(tile));
      const roomless = backfill.choice === 'failed' ? 0 : without.length;
      return { roomless, ...(taken && { window: taken }) };
    }
    await afterLoss(
      losses,
      () => `backfill ${feed.app} ${signal}: others put windows into it all the time`,
      ports.clock,
    );
  }
}

/** The first tile from `place` on that is to run, in the ledger by now; `lost`: somebody else was first, look again. */
async function firstOf(
  tiles: readonly Interval[],
  elsewhere: ReadonlyMap<Interval, Feed | undefined>,
  feed: Feed,
  entries: ReadonlyMap<Millis, LedgerEntry>,
  { id, choice, start: begin }: Backfill,
  place: Place,
  ports: BackfillPorts,
): Promise<Window | undefined | 'lost'> {
  const { ledger, clock } = ports;
  // A window that reaches into the day from the one before was that day's, but for the first.
  const from = place.day <= begin ? Number.NEGATIVE_INFINITY : place.day;
  for (const tile of tiles) {
    const { start, end } = tile;
    if (end <= place.next || start < from) continue;
    const window: Window = { ...feed, start, end };
    if (elsewhere.has(tile)) {
      const home = choice === 'failed' ? undefined : elsewhere.get(tile);
      if (home === undefined) continue;
      return putElsewhere(window, home, id, ports);
    }
    const entry = entries.get(start);
    if (entry === undefined) {
      if (choice === 'failed') continue;
      const planned = { ...plannedEntry(window, clock.now(), ports.originOf?.(window)), backfill: id, past: true };
      return (await putWindows([planned], ports)) ? window : 'lost';
    }
    const what = backfillChoice(entry, id, choice);
    if (what === 'leave') continue;
    if (what === 'ours') return entry.window;
    const seen = await ledger.read(entry.window);
    if (seen === undefined || backfillChoice(seen.value, id, choice) !== 'run') return 'lost';
    const asked = backfilledEntry(seen.value, id, clock.now());
    return (await ledger.write(asked, seen.etag)) === undefined ? 'lost' : entry.window;
  }
  return undefined;
}

/** `window`: as it would be under the feed's name. */
async function putElsewhere(window: Window, home: Feed, id: string, ports: BackfillPorts): Promise<Window | 'lost'> {
  const { app, signal, source } = window;
  const [feed, origin = ''] = [{ app, signal, source }, ports.originOf?.(window)];
  const put: Window = { ...window, app: home.app };
  await ports.ledger.opening(put, origin);
  const planned = { ...plannedEntry(put, ports.clock.now(), origin), backfill: id, past: true };
  const mayPut = (entries: readonly LedgerEntry[]) => mayPutBeside(feed, origin, entries, ports);
  return (await putWindows([planned], { ...ports, mayPut })) ? put : 'lost';
}
