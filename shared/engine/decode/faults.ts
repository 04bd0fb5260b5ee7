import { shareLine } from '../../framing/broken-lines.ts';
import type { Fault } from '../../model.ts';

/**
 * What a run says of unreadable bytes at most: entries, bytes of one of them, bytes of all. What is beyond is counted.
 */
export const MOST_QUARANTINED = { entries: 1000, entryBytes: 1024 * 1024, bytes: 16 * 1024 * 1024 };

/** Told of a run beside its count. */
const MOST_REASONS = 5;

interface Open {
  readonly blob: string;
  readonly offset: number;
  readonly reason: string;
  end: number;
  /** Lines, of which the last may go on in what follows. */
  records: number;
  lastByte: number | undefined;
  readonly kept: Uint8Array[];
  keptBytes: number;
}

export interface Faults {
  /** `bytes` are copied. Neighbours with the same reason become one; `between`: what stands before this one. */
  add(fault: Fault, between?: Uint8Array): void;
  /** All that were added since the last call; `goesOn`: but for the last, which neighbours may follow. */
  take(goesOn?: boolean): readonly Fault[];
  /** When all have been taken. Returns what forgets those that are added after. */
  mark(): () => void;
  /** Of all calls: faults, those of them that are in no entry, with their bytes, and the first few reasons. */
  readonly counts: {
    readonly found: number;
    readonly leftOut: number;
    readonly leftOutBytes: number;
    readonly reasons: readonly string[];
  };
}

/** Collects what cannot be read, within bounds whatever comes. */
export function createFaults(): Faults {
  const counts = { found: 0, leftOut: 0, leftOutBytes: 0, reasons: [] as readonly string[] };
  let open: Open[] = [];
  let [entries, bytes] = [0, 0];

  function keep(entry: Open, more: Uint8Array): void {
    const room = Math.min(MOST_QUARANTINED.entryBytes - entry.keptBytes, MOST_QUARANTINED.bytes - bytes);
    if (room <= 0) return;
    const kept = more.slice(0, room);
    entry.kept.push(kept);
    entry.keptBytes += kept.length;
    bytes += kept.length;
    if (entry.kept.length > 1000) entry.kept.splice(0, entry.kept.length, Buffer.concat(entry.kept));
  }

  return {
    counts,
    add({ blob, offset, length, reason, bytes: more, records = 1 }, between = NOTHING) {
      const last = open.at(-1);
      const gap = last === undefined || last.blob !== blob ? -1 : offset - last.end;
      const isNext = last !== undefined && gap === between.length;
      const follows = isNext && last.reason === reason;
      // A line is one, whatever is wrong with its parts.
      const lines = isNext && shareLine(last.lastByte, between) ? records - 1 : records;
      counts.found += lines;
      if (counts.reasons.length < MOST_REASONS && !counts.reasons.includes(reason))
        counts.reasons = [...counts.reasons, reason];
      const full = follows && last.keptBytes >= MOST_QUARANTINED.entryBytes && bytes < MOST_QUARANTINED.bytes;
      if (follows && !(full && entries < MOST_QUARANTINED.entries)) {
        if (gap > 0) keep(last, between);
        keep(last, more);
        Object.assign(last, { end: offset + length, records: last.records + lines, lastByte: more.at(-1) });
      } else if (entries < MOST_QUARANTINED.entries) {
        entries++;
        const entry = { blob, offset, reason, end: offset + length, records: lines, kept: [], keptBytes: 0 };
        open.push({ ...entry, lastByte: more.at(-1) });
        keep(open.at(-1) as Open, more);
      } else {
        counts.leftOut += lines;
        counts.leftOutBytes += length;
      }
    },
    take(goesOn = false) {
      const last = goesOn ? open.slice(-1) : [];
      const found = open.slice(0, open.length - last.length).map(({ blob, offset, end, reason, kept, records }) => ({
        ...{ blob, offset, length: end - offset, reason },
        bytes: Buffer.concat(kept),
        ...(records !== 1 && { records }),
      }));
      open = last;
      return found;
    },
    mark() {
      const before = { entries, bytes, counts: { ...counts } };
      return () => {
        open = [];
        [entries, bytes] = [before.entries, before.bytes];
        Object.assign(counts, before.counts);
      };
    },
  };
}

const NOTHING = new Uint8Array(0);
