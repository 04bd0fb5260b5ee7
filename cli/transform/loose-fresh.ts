import { createHash } from 'node:crypto';
import type { Interval, Layout, Millis, Signal, Window } from '../../shared/model.ts';
import type { LooseRecord } from './assign-loose.ts';
import type { Found, LooseRequest, ReadyWindow } from './loose.ts';
import { type LegacyWindows, legacyOf } from './loose-legacy.ts';
import { recordOf } from './loose-touched.ts';

const hour: Millis = 3_600_000;
const day = 24 * hour;
/** Larger files have lake files of their own; no more than so many, and so many bytes, share some. */
const most = { file: 4 * 1024 * 1024, files: 1000, bytes: 64 * 1024 * 1024 };

interface Placed {
  readonly file: Found;
  readonly signal: Signal;
  readonly layout: Layout;
  /** First and last record; undefined when none has a time. */
  readonly span: Interval | undefined;
}

/**
 * The windows of files that the lake does not know. A window is the span of its records, in whole hours. Small files of
 * one signal whose records lie in one day share a window, so that many small files do not become as many lake files.
 */
export async function freshWindows(
  files: readonly Found[],
  records: readonly LooseRecord[],
  request: LooseRequest,
  legacy: LegacyWindows,
): Promise<ReadyWindow[]> {
  const names = new Set(records.map(({ path }) => path));
  const made: ReadyWindow[] = [];
  const sharing = new Map<string, Placed[]>();
  for (const placed of files.flatMap(placedOf)) {
    const old = await legacyOf(placed.file, legacy);
    const cell = old === undefined ? cellOf(placed, Math.max(day, request.length)) : undefined;
    if (cell === undefined) made.push(windowOf([placed], request.app, names, old));
    else sharing.set(cell, [...(sharing.get(cell) ?? []), placed]);
  }
  for (const together of sharing.values())
    for (const some of portions(together)) made.push(windowOf(some, request.app, names, undefined));
  return made;
}

function placedOf(file: Found): Placed[] {
  const [first] = file.contents.kinds
    .filter(({ signal }) => signal !== undefined)
    .toSorted((a, b) => b.records - a.records);
  if (first?.signal === undefined) return [];
  const from = Math.min(...file.contents.kinds.map((kind) => kind.from ?? Number.POSITIVE_INFINITY));
  const until = Math.max(...file.contents.kinds.map((kind) => kind.until ?? Number.NEGATIVE_INFINITY));
  const span = from <= until ? { start: from, end: until } : undefined;
  return [{ file, signal: first.signal, layout: first.layout, span }];
}

/** What a file can share lake files with: undefined where it shares none. */
function cellOf({ file, signal, layout, span }: Placed, length: Millis): string | undefined {
  if (span === undefined || file.bytes > most.file) return undefined;
  const cell = Math.floor(span.start / length);
  return cell === Math.floor(span.end / length) ? [signal, layout, cell].join('\n') : undefined;
}

function portions(files: readonly Placed[]): Placed[][] {
  const all: Placed[][] = [];
  let [held, bytes]: [Placed[], number] = [[], 0];
  for (const placed of files) {
    if (held.length >= most.files || bytes + placed.file.bytes > most.bytes) [held, bytes] = [[], 0];
    if (held.length === 0) all.push(held);
    held.push(placed);
    bytes += placed.file.bytes;
  }
  return all;
}

function windowOf(all: readonly Placed[], app: string, names: Set<string>, old: Window | undefined): ReadyWindow {
  const paths = new Map<LooseRecord, string>();
  for (const { file } of all) paths.set(recordOf({ path: newName(file.path, names) }, file), file.place);
  const { signal, layout } = all[0] as Placed;
  const files = [...paths.keys()];
  const spans = all.flatMap(({ span }) => (span === undefined ? [] : [span]));
  const start =
    Math.floor(Math.min(...spans.map((span) => span.start), ...(spans.length === 0 ? [0] : [])) / hour) * hour;
  const last = Math.max(...spans.map((span) => span.end), start);
  const end = (Math.floor(last / hour) + 1) * hour;
  const window = old ?? { app, signal, source: sourceOf(app, files), start, end };
  return { after: { window, layout, files }, paths };
}

/** As wide as it must be for no two windows to share one by chance. */
const sourceOf = (app: string, files: readonly LooseRecord[]): string => {
  const all = files.map(({ path, place, bytes, hash }) => [path, place, bytes, hash]);
  return `file-${createHash('sha256')
    .update(JSON.stringify([app, all]))
    .digest('hex')
    .slice(0, 32)}`;
};

/** A name that no other loose file of the lake has. */
function newName(path: string, names: Set<string>): string {
  let name = path;
  for (let n = 2; names.has(name); n++) name = `${path} (${n})`;
  names.add(name);
  return name;
}
