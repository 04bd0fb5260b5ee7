import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Millis } from '../../../model.ts';
import { HEAD, signatureOf } from '../gzip/signature.ts';
import { type Kind, kindOf, timeOf } from '../kinds.ts';
import { partialText } from '../records/partial.ts';
import { recordsIn } from '../records/records-in.ts';

/** Records of one kind in a file. Times are those of the earliest and the latest record that has one. */
export interface KindCount extends Kind {
  readonly records: number;
  readonly from: Millis | undefined;
  readonly until: Millis | undefined;
}

/** All that a look into a whole file tells. */
export interface Contents {
  /** As it lies on disk, and the SHA-256 of that, in hex. */
  readonly bytes: number;
  readonly hash: string;
  /** In the order of their first record. */
  readonly kinds: readonly KindCount[];
  readonly records: number;
  /** Stretches that are no record. */
  readonly unreadable: number;
  /** What a file is by its first bytes, with what to do: no records are read from it. '': they give nothing away. */
  readonly signature: string;
  /** Why the file is only a part of what was asked for, with what to do; '' when nothing says so. */
  readonly partial: string;
}

/** `0001-01-01` and the like are what a program writes that knows no time. */
const plausible = { from: Date.UTC(2010, 0), until: Date.UTC(2100, 0) };

/**
 * Reads a file to its end: nothing about it is decided by its beginning, which one long record, or records of something
 * else, may fill. Gzip is unpacked. Rejects when the file cannot be read.
 */
export async function contentsOf(path: string, abort?: AbortSignal): Promise<Contents> {
  const hash = createHash('sha256');
  let bytes = 0;
  async function* counted() {
    for await (const piece of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
      abort?.throwIfAborted();
      hash.update(piece);
      bytes += piece.length;
      yield piece as Uint8Array;
    }
  }
  const kinds = new Map<string, KindCount>();
  let [records, unreadable, partial, head]: [number, number, string, Uint8Array] = [0, 0, '', new Uint8Array(0)];
  for await (const found of recordsIn(counted(), (first) => {
    head = first.slice(0, HEAD);
  })) {
    partial ||= partialText(found);
    if (found.kind === 'unreadable') unreadable += found.count;
    else {
      records += 1;
      addTo(kinds, found.record);
    }
  }
  const signature = signatureOf(head);
  // What lies unpacked in an archive or a table of another kind is not the file's own text: a part of it at best.
  const own = signature === '' ? { kinds: [...kinds.values()], records } : { kinds: [], records: 0 };
  return { bytes, hash: hash.digest('hex'), ...own, unreadable, signature, partial };
}

function addTo(kinds: Map<string, KindCount>, record: Readonly<Record<string, unknown>>): void {
  const kind = kindOf(record);
  const time = timeOf(record, kind);
  const at = time !== undefined && time >= plausible.from && time < plausible.until ? time : undefined;
  const key = `${kind.layout} ${kind.signal ?? `- ${kind.category}`}`;
  const { from, until, records } = kinds.get(key) ?? { from: undefined, until: undefined, records: 0 };
  kinds.set(key, {
    ...kind,
    records: records + 1,
    from: at === undefined || (from !== undefined && from < at) ? from : at,
    until: at === undefined || (until !== undefined && until > at) ? until : at,
  });
}
