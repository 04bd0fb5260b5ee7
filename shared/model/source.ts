import type { BlobRecord } from './files.ts';
import type { SweepRequest } from './hints.ts';
import type { Feed, Interval, Layout, Millis, Signal, Window } from './windows.ts';

/** Where a stretch of a chunk came from. */
export interface Segment {
  /** Name of the blob or file. */
  readonly blob: string;
  /** Byte offset in the blob. */
  readonly offset: number;
  /** Byte offset in the chunk. */
  readonly position: number;
  readonly length: number;
}

/** Bytes that could not be read as a record, on their way to quarantine. */
export interface Fault {
  readonly blob: string;
  readonly offset: number;
  readonly length: number;
  readonly reason: string;
  /** The bytes as they stood (cut at 1 MiB; `length` is the true one). */
  readonly bytes: Uint8Array;
  /** Where neighbours are told together: how many there are. Left out: one. */
  readonly records?: number;
}

/** A column of a query answer: name and Kusto type. */
export interface AnswerColumn {
  readonly name: string;
  readonly type: string;
}

/**
 * Raw records in memory, one JSON document a line: objects from export blobs, arrays of cells from a query. The last
 * byte is a newline. The memory belongs to whoever made it, and is used again when the next chunk is asked for; until
 * then the engine may write into it.
 */
export interface Chunk {
  readonly bytes: Uint8Array;
  readonly layout: Layout;
  /** Layout `query` only: what the cells are. */
  readonly columns: readonly AnswerColumn[];
  /** Export layouts only: in order of position, covering the bytes. */
  readonly segments: readonly Segment[];
  /** Bytes that the reader already knows it cannot hand over as a record. */
  readonly faults: readonly Fault[];
  /** Layout `query` only: the time that rows were asked for, of which all others are a fault. Left out: any. */
  readonly asked?: Interval;
  /**
   * Layout `query` only, of an answer that comes in several chunks. `open`: its end has not come, nothing of it counts
   * yet. `whole`: with this chunk, its last, all of it counts. `void`: it was none, and what came of it does not count.
   * Left out: the chunk is a whole answer.
   */
  readonly answer?: 'open' | 'whole' | 'void';
}

/**
 * What the source of a window looks like, at a glance. shared/pipeline/verdict.ts compares it with what the ledger
 * knows.
 */
export interface Look {
  /**
   * Known before reading for blobs, only after the last chunk for a query ('' until then). Of a query window its facts
   * (`rows:12 latest:… ids:…`, what is not known left out; `absent`: no such table). Of blobs a hash, and behind it
   * marks: before reading `+open` where they may still be appended to; after reading `+tail` where a record that is cut
   * short by the end of its blob was left for the next reading, and `+archived` where archived blobs were left out.
   * Where there are several containers
   * `+in=` and the keys of those that the blobs lie in.
   */
  readonly fingerprint: string;
  /**
   * Nothing is there that the lake should follow (no blob in the folder, or none that can be read). Always false for a
   * query.
   */
  readonly empty: boolean;
  /** Blobs of the archive tier, which cannot be read; left out: none. */
  readonly archived?: number;
  /** Containers of the settings that could not be seen: not there, or being deleted. Left out: none. */
  readonly unseen?: readonly UnseenPlace[];
}

/**
 * A container that is not there. `key` is the word that the fingerprint of a window with blobs in it carries behind
 * `+in=`.
 */
export interface UnseenPlace {
  readonly key: string;
  /** For messages. */
  readonly name: string;
  /** What Azure named it after: it holds nothing else. Left out: its name does not tell. */
  readonly only?: { readonly layout: Layout; readonly signal?: Signal };
}

/** One reading of a window, whole. */
export interface Reading extends Look {
  /** Requests made or blobs read so far. */
  readonly asked: number;
  /** Answers that came to their end, whatever they said, and parts of long ones. Left out: not counted. */
  readonly heard?: number;
  /** Why the last question had no answer. Left out, or '': it had one. */
  readonly lost?: string;
  /** Requests of them whose answers were of no use: cut short, refused, asked again. Left out: none. */
  readonly wasted?: number;
  /** Ranges that were too much for one answer and were asked for in halves, so far. Left out: none. */
  readonly splits?: number;
  /** What the operator should know of the reading, although it is whole; left out or '': nothing. */
  readonly remark?: string;
  /** The blobs, where the source tells them; the hash is '' until the blob was read. */
  readonly blobs?: () => readonly BlobRecord[];
  /** Chunks of at most 16 MiB (a single longer record aside). */
  chunks(): AsyncIterable<Chunk>;
}

export interface Source {
  /** `origin`: what the window is read from, as `OriginOf` spells it; left out: what its name stands for. */
  open(window: Window, abort: AbortSignal, origin?: string): Promise<Reading>;
}

/** What the source of windows says of them without giving their rows. */
export interface Survey {
  /**
   * What each window looks like now, in their order; all of one app and of the query API. `asked`: requests that it
   * took; `wasted`: those of which the answer was of no use, left out: none. `now`: the source's own clock, as it stood
   * when the first of them was answered; left out or infinite: not known. `there`: signals of which rows were read;
   * their tables are asked for even where they were missing lately.
   */
  survey(
    windows: readonly Window[],
    abort: AbortSignal,
    there?: ReadonlySet<Signal>,
  ): Promise<{
    readonly looks: readonly Look[];
    readonly asked: number;
    readonly wasted?: number;
    readonly now?: Millis;
  }>;
}

/**
 * What the folders of a window of export blobs hold, seen without reading them. Its fingerprint is that of a reading
 * opened now.
 */
export interface Sighting extends Look {
  readonly window: Window;
  readonly blobs: number;
  readonly bytes: number;
  readonly archived: number;
}

/**
 * What a sweep meets beside windows. `missing`: a container that does not exist. `unknown`: a folder or container whose
 * kind is no signal (another category of diagnostic settings, another table). `failed`: one that could not be listed;
 * `what` says why. The rest is swept all the same.
 */
export interface Oddity {
  readonly kind: 'missing' | 'unknown' | 'failed';
  readonly what: string;
  /** Of `missing`: which. */
  readonly unseen?: UnseenPlace;
}

/** The windows of a feed that stand for a part of a day. */
export type Cut = (feed: Feed, part: Interval) => Promise<readonly Interval[]>;

/** The windows that export blobs make, by their time folders. */
export interface Sightings {
  /**
   * Every window with blobs that lies in the range at least in part: feed by feed, in order of time. Lists the time
   * folders of the range and the folders above them, nothing else. `cut` is asked once for each day of a feed, or the
   * part of it that is in the range: for the windows that stand for that time, in order and without gaps, whole hours
   * of the same day, maybe beyond the part.
   * `tell` is called for each oddity, once.
   */
  sightings(range: SweepRequest, cut: Cut, abort: AbortSignal, tell: (oddity: Oddity) => void): AsyncIterable<Sighting>;
}
