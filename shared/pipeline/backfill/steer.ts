import type { Backfill, BackfillReport, BackfillRequest, BackfillState, Feed, Millis, Versioned } from '../../model.ts';
import { regainProgress } from '../progress.ts';
import { afterLoss } from '../race.ts';
import { firstLive } from './choice.ts';
import { countWindows } from './count.ts';
import { roomlessText } from './facts.ts';
import { type BackfillPorts, dayOf } from './take.ts';

/** What a backfill needs to know of the app that it is of. */
export interface BackfillScope {
  /** Length of new windows. */
  readonly window: Millis;
  /** Start of the first live window; undefined: now, on the grid. */
  readonly from: Millis | undefined;
  /** From when on the source has rows; undefined: it has them all. */
  readonly keptSince: Millis | undefined;
  /** Of what is older nobody knows whether the source still has it; left out: it is known. */
  readonly doubtfulBefore?: Millis | undefined;
}

/** Nothing, or not this, of the range that is asked for can be brought in; the message says what to do. */
export class RangeRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'RangeRefused';
  }
}

/** Begins a backfill; `id` sorts by time. Throws RangeRefused where there is nothing that it could bring. */
export async function startBackfill(
  request: BackfillRequest,
  id: string,
  scope: BackfillScope,
  ports: BackfillPorts,
): Promise<Backfill> {
  const { ledger, clock, store } = ports;
  const now = clock.now();
  let end = request.end;
  await refuseSame(request, ports);
  for (const signal of request.signals) {
    const feed: Feed = { app: request.app, signal, source: 'query' };
    await begunFeed(feed, scope, ports);
    // What comes after is the planner's, whose windows are not to be late for it.
    end = Math.min(end, (await ledger.progress(feed))?.value.horizon ?? end);
    await refuseTwice(feed, { start: request.start, end }, ports);
  }
  const start = Math.max(request.start, scope.keptSince ?? request.start, inLakeSince(request, ports));
  if (start >= end)
    throw new RangeRefused(
      `backfill ${request.app}: nothing of the range can be brought in: ${whyNothing(request, end, scope, ports)}`,
    );
  await refuseNothing({ ...request, start, end }, scope, ports);
  const slots = Array.from({ length: request.concurrency }, () => ({ turn: 0, at: now }));
  const cursor = { day: dayOf(start), signal: 0, next: start, taken: 0 };
  const { window } = scope;
  const backfill: Backfill = { ...request, ...cursor, start, end, id, state: 'running', begunAt: now, window, slots };
  if ((await store.write(backfill, undefined)) === undefined)
    throw new Error(`backfill ${id}: there is one of this name already; try again`);
  await pass(backfill, ports);
  return backfill;
}

/** What of the range that was asked for is left out. */
export function leftOut(
  request: BackfillRequest,
  { start, end }: Pick<Backfill, 'start' | 'end'>,
  scope: BackfillScope,
  ports: BackfillPorts,
): string {
  const why = start > request.start || end < request.end ? whyNothing(request, end, scope, ports) : '';
  const doubtful = scope.doubtfulBefore !== undefined && start < scope.doubtfulBefore;
  return [
    ...(why === '' ? [] : [`left out of the range: ${why}`]),
    ...(doubtful
      ? [
          `windows before ${time(scope.doubtfulBefore ?? 0)} are older than tables usually keep rows: those of which ` +
            'the source has none become unavailable (set QUERY_RETENTION to what its tables keep)',
        ]
      : []),
  ].join('; ');
}

/** One that goes on already would find all that this one brings taken. */
async function refuseSame({ app, signals, start, end, choice }: BackfillRequest, { store }: BackfillPorts) {
  for await (const other of store.list()) {
    const goesOn = other.state === 'running' || other.state === 'paused';
    const covers = other.start <= start && other.end >= end && signals.every((each) => other.signals.includes(each));
    if (goesOn && other.app === app && covers && other.choice === choice)
      throw new RangeRefused(
        `backfill ${app}: ${other.id} brings this range in already, and is ${other.state}; insights-lake backfill ` +
          `status tells how far it is${other.state === 'paused' ? ', and resume has it go on' : ''}`,
      );
  }
}

/** Where all of it is done, or on its way, no backfill is begun for nothing. */
async function refuseNothing(request: BackfillRequest, { window }: BackfillScope, ports: BackfillPorts) {
  const { app, signals, choice } = request;
  let [skipped, roomless] = [0, 0];
  for (const signal of signals) {
    const feed: Feed = { app, signal, source: 'query' };
    const range = { start: Math.max(request.start, ports.keptFrom?.(signal) ?? request.start), end: request.end };
    if (range.start >= range.end) continue;
    const found = await countWindows(feed, range, choice, window, await ports.others?.(feed), ports);
    if (found.windows > 0) return;
    skipped += found.skipped + found.retired;
    roomless += found.roomless;
  }
  const hint = choice === 'missing' ? '; with --only all those that are done run once more' : '';
  throw new RangeRefused(
    `backfill ${app}: nothing of the range is left to bring in: ${skipped} windows are done, on their way or ` +
      `retired${hint}${roomless > 0 ? `; ${roomlessText(roomless)}` : ''}`,
  );
}

function whyNothing(
  { start, end, ...request }: BackfillRequest,
  live: Millis,
  { keptSince = start }: BackfillScope,
  ports: BackfillPorts,
): string {
  const inLake = inLakeSince({ start, end, ...request }, ports);
  return [
    ...(keptSince > start ? [`the source keeps rows since ${time(keptSince)} (QUERY_RETENTION)`] : []),
    ...(inLake > start ? [`the lake keeps them since ${time(inLake)} (LAKE_RETENTION)`] : []),
    ...(live < end ? [`windows from ${time(live)} on are the planner's`] : []),
  ].join(', ');
}

/** Of the signal of which the lake keeps rows the longest. */
const inLakeSince = ({ signals, start }: BackfillRequest, { keptFrom }: BackfillPorts): Millis =>
  Math.min(...signals.map((signal) => keptFrom?.(signal) ?? start));

/** A feed that was never planned would be planned from the end of the backfill on. */
async function begunFeed(feed: Feed, scope: BackfillScope, ports: BackfillPorts): Promise<void> {
  const { ledger, clock } = ports;
  if ((await regainProgress(feed, await ledger.progress(feed), ports)) !== undefined) return;
  const first = firstLive(scope, clock);
  await ledger.plan(feed, { horizon: first, watermark: first }, undefined, []);
}

/** Rows that export blobs brought must not come a second time. */
async function refuseTwice(
  feed: Feed,
  range: { readonly start: Millis; readonly end: Millis },
  { ledger }: BackfillPorts,
) {
  for await (const other of ledger.feeds()) {
    if (other.app !== feed.app || other.signal !== feed.signal || other.source === 'query') continue;
    for await (const { window, counts } of ledger.list(other, range))
      if (counts.written > 0)
        throw new RangeRefused(
          `backfill ${feed.app} ${feed.signal}: rows from ${time(window.start)} on are in the lake from export ` +
            'blobs and would come twice; choose a range before or after them',
        );
  }
}

const orders = { pause: 'paused', resume: 'running', cancel: 'cancelled' } as const;

/** Pauses, resumes or cancels a backfill. What runs comes to its end; what it brought stays. */
export async function orderBackfill(id: string, order: keyof typeof orders, ports: BackfillPorts): Promise<Backfill> {
  const { store, clock } = ports;
  for (let losses = 1; ; losses++) {
    const seen = await found(id, ports);
    const from = seen.value.state;
    const to: BackfillState = orders[order];
    if (from === to) return seen.value;
    if (from === 'done' || from === 'cancelled')
      throw new Error(`backfill ${id}: it is ${from}, and nothing is left to ${order}; start another`);
    const next = {
      ...seen.value,
      state: to,
      slots: to === 'running' ? renewed(seen.value, clock.now()) : seen.value.slots,
    };
    if ((await store.write(next, seen.etag)) !== undefined) {
      if (to === 'running') await pass(next, ports);
      return next;
    }
    await afterLoss(losses, () => `backfill ${id}: others change it all the time`, clock);
  }
}

async function found(id: string, { store }: BackfillPorts): Promise<Versioned<Backfill>> {
  const seen = await store.read(id);
  if (seen !== undefined) return seen;
  throw new Error(`backfill ${id}: there is none of this name; insights-lake backfill status lists them`);
}

/** Messages that are out lead to nothing any more. */
export const renewed = ({ slots }: Backfill, now: Millis, which = (_: { readonly at: Millis }) => true) =>
  slots.map((slot) => (which(slot) ? { turn: slot.turn + 1, at: now } : slot));

export async function pass(
  { id, slots }: Backfill,
  { queue }: BackfillPorts,
  which: (n: number) => boolean = () => true,
): Promise<void> {
  for (const [slot, { turn }] of slots.entries()) if (which(slot)) await queue.pass({ id, slot, turn });
}

/** How far it is. */
export async function reportBackfill(backfill: Backfill, { ledger, clock }: BackfillPorts): Promise<BackfillReport> {
  const { id, app, signals, start, end, begunAt, state } = backfill;
  let [open, failed] = [0, 0];
  for (const signal of signals)
    for await (const entry of ledger.open({ app, signal, source: 'query' })) {
      if (entry.backfill !== id) continue;
      if (entry.state === 'failed') failed += 1;
      else open += 1;
    }
  const days = Math.max(1, (dayOf(end - 1) - dayOf(start)) / day + 1);
  const ofDay = Math.min(1, Math.max(0, (backfill.next - backfill.day) / day));
  const reached = (backfill.day - dayOf(start)) / day + (backfill.signal + ofDay) / signals.length;
  const share = state === 'done' ? 1 : Math.min(1, reached / days);
  const spent = clock.now() - begunAt;
  const eta = state === 'running' && share > 0.01 ? clock.now() + Math.round((spent * (1 - share)) / share) : 0;
  return { ...backfill, share, eta, open, failed };
}

const day: Millis = 24 * 3_600_000;
const time = (at: Millis): string => new Date(at).toISOString();
