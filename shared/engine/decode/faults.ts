import type { Fault } from '../../model.ts';

/**
 * What a run says of unreadable bytes at most: entries, bytes of one of them, bytes of all. What is beyond is counted.
 */
export const MOST_QUARANTINED = { entries: 1000, entryBytes: 1024 * 1024, bytes: 16 * 1024 * 1024 };

interface Open {
  readonly blob: string;
  readonly offset: number;
  readonly reason: string;
  end: number;
  records: number;
  readonly kept: Uint8Array[];
  keptBytes: number;
}

export interface Faults {
  /** `bytes` are copied. Neighbours with the same reason become one; `between`: what stands before this one. */
  add(fault: Fault, between?: Uint8Array): void;
  /** All that were added since the last call. */
  take(): readonly Fault[];
  /** When all have been taken. Returns what forgets those that are added after. */
  mark(): () => void;
  /** Of all calls: faults, and those of them that are in no entry, with their bytes. */
  readonly counts: { readonly found: number; readonly leftOut: number; readonly leftOutBytes: number };
}

/** Collects what cannot be read, within bounds whatever comes. */
export function createFaults(): Faults {
  const counts = { found: 0, leftOut: 0, leftOutBytes: 0 };
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
      counts.found += records;
      const last = open.at(-1);
      const gap = last === undefined ? -1 : offset - last.end;
      if (last?.blob === blob && last.reason === reason && gap === between.length) {
        if (gap > 0) keep(last, between);
        keep(last, more);
        last.end = offset + length;
        last.records += records;
      } else if (entries < MOST_QUARANTINED.entries) {
        entries++;
        const entry = { blob, offset, reason, end: offset + length, records, kept: [], keptBytes: 0 };
        keep(entry, more);
        open.push(entry);
      } else {
        counts.leftOut += records;
        counts.leftOutBytes += length;
      }
    },
    take() {
      const found = open.map(({ blob, offset, end, reason, kept, records }) => ({
        ...{ blob, offset, length: end - offset, reason },
        bytes: Buffer.concat(kept),
        ...(records > 1 && { records }),
      }));
      open = [];
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
