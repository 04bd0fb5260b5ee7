/**
 * The words of the domain and the ports through which the pipeline meets the world. Types only, no code.
 * Vocabulary: see docs/architecture.md. All instants are milliseconds since 1970-01-01 UTC; all intervals are half-open.
 */

/** Milliseconds since 1970-01-01T00:00:00Z, or a length of time in milliseconds. */
export type Millis = number;

/** `start <= t < end`. */
export interface Interval {
  readonly start: Millis;
  readonly end: Millis;
}

/** One telemetry kind, named as its query table. */
export type Signal =
  | 'requests'
  | 'dependencies'
  | 'exceptions'
  | 'traces'
  | 'customEvents'
  | 'customMetrics'
  | 'pageViews'
  | 'browserTimings'
  | 'availabilityResults'
  | 'performanceCounters';

/** How a source lays out its records: classic Continuous Export, its two successors, or rows of a query answer. */
export type Layout = 'continuous' | 'diagnostics' | 'dataExport' | 'query';

/** What one horizon and one watermark belong to: one signal of one app from one source. */
export interface Feed {
  readonly app: string;
  readonly signal: Signal;
  /** The first word of the file names: a layout, or for loose files of an archive `file-<hash>`. */
  readonly source: string;
}

/** The unit of work. For a query a range of event time; for export blobs a range of the time in their folder names. */
export interface Window extends Feed, Interval {}

// ---------------------------------------------------------------------------------------------------------------- ledger

/**
 * `failed` shows that the last attempt failed; the window is tried again when `notBefore` has passed. `halved`: it was too heavy for one
 * run and never runs again; its two halves, windows of their own, stand for it.
 */
export type WindowState = 'due' | 'running' | 'done' | 'failed' | 'halved';

/** A file that a revision of the window wrote or intended to write. */
export interface FileRecord {
  /** Path in the lake, below its prefix. */
  readonly path: string;
  /** Whose schema the file has; `quarantine` for the file of unreadable lines. */
  readonly signal: Signal | 'quarantine';
  readonly rows: number;
  readonly bytes: number;
}

/** Rows read = written + deduplicated + filtered; unreadable lines are counted apart. */
export interface Counts {
  readonly read: number;
  readonly written: number;
  readonly deduplicated: number;
  /** Rows that a condition of the settings (`where`) takes out; left out: none. */
  readonly filtered?: number;
  readonly quarantined: number;
}

/** What the ledger knows of one window. */
export interface LedgerEntry {
  readonly window: Window;
  readonly state: WindowState;
  /** Rises by one with every claim; 0 before the first. */
  readonly revision: number;
  /** Claims since the window was last done. */
  readonly attempts: number;
  /** Those of them that overtook an expired lease: runs that ended without a word, for lack of time or memory or in a crash. */
  readonly died: number;
  /** A claim is respected until then; 0 when nobody holds one. */
  readonly leaseUntil: Millis;
  /** Not to be run before: back-off after a failure, or the refresh interval of a blob window. */
  readonly notBefore: Millis;
  /** When a hint was last sent for it; 0: none is out, the planner sends one when there is room. */
  readonly hintedAt: Millis;
  /** Asked for again since the last claim (a blob arrived): due once more after the run that is under way. */
  readonly again: boolean;
  /** Every path that any revision intended and that may still exist. */
  readonly files: readonly FileRecord[];
  /** What the source looked like when the window was last done; '' before. */
  readonly fingerprint: string;
  readonly counts: Counts;
  /** Requests to the query API or blobs read by the last run. */
  readonly asked: number;
  readonly startedAt: Millis;
  readonly doneAt: Millis;
  /** Why the last attempt failed, or the window was halved; '' otherwise. */
  readonly error: string;
}

/** A value with the tag that guards its next write. */
export interface Versioned<T> {
  readonly value: T;
  readonly etag: string;
}

export interface Progress {
  /** Exclusive end of the last planned window. */
  readonly horizon: Millis;
  /** Exclusive end of the last window of the gap-free run of done windows; never goes back. */
  readonly watermark: Millis;
}

/** One entity per window, guarded by ETags. A lake has one ledger. */
export interface Ledger {
  /** Creates what the ledger needs (a table, a folder) where it is missing. */
  prepare(): Promise<void>;
  read(window: Window): Promise<Versioned<LedgerEntry> | undefined>;
  /**
   * Writes the entry if it is unchanged since `etag` (undefined: if there is none yet).
   * Returns the new tag, or undefined when the race was lost.
   */
  write(entry: LedgerEntry, etag: string | undefined): Promise<string | undefined>;
  /**
   * Puts the entry of a window that was halved, and those of its halves, which are new, in one step: all or nothing. As `write` does,
   * returns the new tag of the former, or undefined when it has changed since `etag`, or a half is there already.
   */
  halve(entry: LedgerEntry, etag: string, halves: readonly LedgerEntry[]): Promise<string | undefined>;
  /** Entries of a feed with `from <= start < to`, by start; where several have one, the shortest first. */
  list(feed: Feed, range?: Partial<Interval>): AsyncIterable<LedgerEntry>;
  /** Entries of a feed that are not settled: neither done nor halved, or asked for again. Costs what is open, not what was ever planned. */
  open(feed: Feed): AsyncIterable<LedgerEntry>;
  progress(feed: Feed): Promise<Versioned<Progress> | undefined>;
  /**
   * Puts new entries (at most 40, all of this feed) into the ledger and moves horizon and watermark, in one step: all or nothing.
   * `etag` undefined: the feed has no progress yet. False when somebody else was first; nothing has changed then.
   */
  plan(feed: Feed, progress: Progress, etag: string | undefined, entries: readonly LedgerEntry[]): Promise<boolean>;
  /** Every feed that ever had an entry or progress in this lake. */
  feeds(): AsyncIterable<Feed>;
  /** Remembers what was not known of yet, and returns that. */
  recordDrift(seen: readonly DriftSighting[]): Promise<readonly DriftSighting[]>;
  /** Every first sighting of a field that nobody knows. */
  drift(): AsyncIterable<DriftSighting>;
  /** When the last sweep began that came to its end; undefined before the first. */
  swept(): Promise<Millis | undefined>;
  /** Puts the start of a sweep that has come to its end; an earlier one than is known already changes nothing. */
  recordSweep(at: Millis): Promise<void>;
}

/** The queue: a hint that a window may be due. Losing or repeating one does no harm. */
export interface Hints {
  prepare(): Promise<void>;
  send(window: Window, delay: Millis): Promise<void>;
}

/** What to sweep beside the folders that can still change: an archive, or a part of one. */
export interface SweepRequest extends Interval {
  /** Only windows with a blob whose name (in its container, below its prefix) starts like this; '': all. */
  readonly prefix: string;
  /** '': every app. */
  readonly app: string;
}

/** The queue again: a range to be swept by the deployed app, beside its live windows. */
export interface SweepQueue {
  ask(request: SweepRequest): Promise<void>;
}

// ---------------------------------------------------------------------------------------------------------------- stores

export interface StoredObject {
  /** Name below the store's prefix, `/` between folders. */
  readonly name: string;
  readonly bytes: number;
  readonly etag: string;
  /** Blobs of the archive tier are listed but cannot be read. */
  readonly archived: boolean;
}

/** Bytes to put: local files whose contents follow each other, or bytes at hand. */
export type Content = { readonly files: readonly string[]; readonly bytes: number } | Uint8Array;

/**
 * A container (or folder, or prefix of one) of objects with conditional writes. Serves as lake, as source of export blobs and as
 * keeper of small documents. Adapters: Blob Storage / ADLS Gen2, a local folder, memory. All pass test/contracts/store.ts.
 */
export interface ObjectStore {
  /** For messages: where this is, without secrets. */
  readonly place: string;
  /** Creates container and folder where missing; fails with what to do when the place cannot be written or overwritten. */
  prepare(): Promise<void>;
  /** The object's tag, or undefined when it does not exist. */
  head(name: string): Promise<string | undefined>;
  /** Puts the object if it still has `etag` (undefined: if it does not exist). Returns the new tag, undefined when the race was lost. */
  put(name: string, content: Content, etag: string | undefined): Promise<string | undefined>;
  /** Removes the object if it still has `etag`; false when it has another one. An object that is gone counts as removed. */
  remove(name: string, etag: string): Promise<boolean>;
  /** Objects whose name starts with `prefix`, by name. */
  list(prefix: string): AsyncIterable<StoredObject>;
  /** Folder names (ending in `/`) directly below `prefix` (which is '' or ends in `/`). */
  folders(prefix: string): AsyncIterable<string>;
  /** Bytes `[start, end)` as a stream, pinned to `etag` where given; fails when the object is gone or changed. */
  read(name: string, range?: { readonly start: number; readonly end: number; readonly etag?: string }): AsyncIterable<Uint8Array>;
}

// ---------------------------------------------------------------------------------------------------------------- source

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
}

/** A column of a query answer: name and Kusto type. */
export interface AnswerColumn {
  readonly name: string;
  readonly type: string;
}

/**
 * Raw records on local disk, one JSON document a line: objects from export blobs, arrays of cells from a query.
 * The file belongs to whoever made it and is gone when the next chunk is asked for.
 */
export interface Chunk {
  readonly path: string;
  readonly layout: Layout;
  readonly bytes: number;
  /** Non-blank lines. */
  readonly lines: number;
  /** Bytes of the longest line. */
  readonly longestLine: number;
  /** Layout `query` only: what the cells are. */
  readonly columns: readonly AnswerColumn[];
  /** Export layouts only: in order of position, covering the file. */
  readonly segments: readonly Segment[];
  /** Bytes that the reader already knows it cannot hand over as a record. */
  readonly faults: readonly Fault[];
}

/** What the source of a window looks like, at a glance. shared/pipeline/verdict.ts compares it with what the ledger knows. */
export interface Look {
  /**
   * Known before reading for blobs, only after the last chunk for a query ('' until then). Of blobs a hash, and behind it marks:
   * before reading `+open` where they may still be appended to; after reading `+tail` where a record that is cut short by the end of
   * its blob was left for the next reading, and `+archived` where archived blobs were left out.
   */
  readonly fingerprint: string;
  /** Nothing is there that the lake should follow (no blob in the folder, or none that can be read). Always false for a query. */
  readonly empty: boolean;
  /** Blobs of the archive tier, which cannot be read; left out: none. */
  readonly archived?: number;
}

/** One reading of a window, whole. */
export interface Reading extends Look {
  /** Requests made or blobs read so far. */
  readonly asked: number;
  /** Chunks of at most 64 MiB (a single longer record aside), written into the folder `work`. */
  chunks(work: string): AsyncIterable<Chunk>;
}

export interface Source {
  open(window: Window, abort: AbortSignal): Promise<Reading>;
}

/** What the folders of a window of export blobs hold, seen without reading them. Its fingerprint is that of a reading opened now. */
export interface Sighting extends Look {
  readonly window: Window;
  readonly blobs: number;
  readonly bytes: number;
  readonly archived: number;
}

/**
 * What a sweep meets beside windows. `missing`: a container that does not exist. `unknown`: a folder or container whose kind is no
 * signal (another category of diagnostic settings, another table). `failed`: one that could not be listed; `what` says why. The rest is
 * swept all the same.
 */
export interface Oddity {
  readonly kind: 'missing' | 'unknown' | 'failed';
  readonly what: string;
}

/** The windows that export blobs make, by their time folders. */
export interface Sightings {
  /**
   * Every window with blobs that lies in the range at least in part: feed by feed, in order of time. Lists the time folders of the
   * range and the folders above them, nothing else. `tell` is called for each oddity, once.
   */
  sightings(range: SweepRequest, abort: AbortSignal, tell: (oddity: Oddity) => void): AsyncIterable<Sighting>;
}

// ---------------------------------------------------------------------------------------------------------------- engine

/** A finished file on local disk, to be committed to the lake. */
export interface DraftFile {
  readonly signal: Signal | 'quarantine';
  /** Start of the partition that the rows fall into. */
  readonly partition: Millis;
  /** 1 for the first file of window and partition; beyond the size limit 2, 3, … */
  readonly part: number;
  /** Local files whose contents, one after the other, are the file. */
  readonly content: { readonly files: readonly string[]; readonly bytes: number };
  readonly rows: number;
}

/** A field in `extra` that neither the column tables nor the documentation of the source know. */
export interface Drift {
  readonly signal: Signal;
  /** Dotted, from the root of the record; arrays are passed through. */
  readonly path: string;
  /** Rows that have it, of those that were counted. */
  readonly count: number;
}

/** A drift as an app and a source first showed it. */
export interface DriftSighting extends Drift {
  readonly app: string;
  /** The layout, or `query`. */
  readonly source: string;
  /** Start of the run that saw it; `count` is that run's. */
  readonly firstSeen: Millis;
}

/** Decodes, deduplicates and encodes one run of one window. Local files live in the run's work folder. */
export interface Draft {
  /** Decodes a chunk and stages its rows. Returns the files that are full or must leave to keep temporary disk bounded. */
  add(chunk: Chunk): Promise<readonly DraftFile[]>;
  /** Everything that is still staged, quarantine included. */
  finish(): Promise<readonly DraftFile[]>;
  readonly counts: Counts;
  /** Most frequent first, at most 100; left out: none is looked for. */
  readonly drift?: readonly Drift[];
  /** Frees memory; safe to call twice. */
  close(): Promise<void>;
}

export interface Engine {
  begin(window: Window, work: string): Promise<Draft>;
  /** The bytes of a file of that signal without rows, readable by every reader of the format. */
  emptyFile(signal: Signal | 'quarantine'): Promise<Uint8Array>;
}

// ---------------------------------------------------------------------------------------------------------------- edge

/** Time and chance, from outside. */
export interface Clock {
  now(): Millis;
  sleep(ms: Millis, abort?: AbortSignal): Promise<void>;
  /** In [0, 1). */
  random(): number;
}

// ---------------------------------------------------------------------------------------------------------------- config

/** Never printed: `toString` and `toJSON` answer `[secret]`. */
export interface Secret {
  reveal(): string;
}

export type Format = 'parquet' | 'ndjson' | 'csv';

export type Access =
  | { readonly kind: 'identity'; readonly clientId: string }
  | { readonly kind: 'connectionString'; readonly connectionString: Secret }
  | { readonly kind: 'key'; readonly account: string; readonly key: Secret }
  | { readonly kind: 'sas'; readonly sas: Secret }
  | { readonly kind: 'none' };

/** A blob container, or a local folder. `url` is the account's blob endpoint; '' where a connection string names it. */
export type Place =
  | { readonly kind: 'container'; readonly url: string; readonly container: string; readonly prefix: string; readonly access: Access }
  | { readonly kind: 'folder'; readonly folder: string };

/** How files look; the same for all signals. */
export interface Output {
  readonly format: Format;
  /** Text formats only. */
  readonly gzip: boolean;
  readonly partition: 'hour' | 'day';
  /** Path template below the prefix, tokens validated. */
  readonly path: string;
}

/** A column made of a custom dimension, a measurement or a field of `extra`. */
export interface Promotion {
  /** `customDimensions.<name>`, `customMeasurements.<name>` or `extra.<dotted path>`. */
  readonly from: string;
  readonly as: string;
  readonly type: 'string' | 'integer' | 'long' | 'real' | 'boolean' | 'timestamp';
}

/** Names of fields: all but those denied, or only those allowed (`allow` undefined: all). */
export interface FieldList {
  readonly allow: readonly string[] | undefined;
  readonly deny: readonly string[];
}

/** What the settings make of one signal's columns: that of `*` and the signal's own, put together. Every name is checked. */
export interface SignalShape {
  readonly drop: readonly string[];
  /** Columns, or promoted ones: HMAC-SHA256 in hex. */
  readonly hash: readonly string[];
  /** Column → its name in the files. */
  readonly rename: Readonly<Record<string, string>>;
  /** Rows stay where all of these hold. `setting` names the condition in messages. */
  readonly where: readonly { readonly setting: string; readonly sql: string }[];
  readonly promote: readonly Promotion[];
  /** Keys of customDimensions. */
  readonly dimensions: FieldList;
  /** Dotted paths of `extra`. */
  readonly extra: FieldList;
}

/** Shapes of the signals that have one. */
export interface Shaping {
  readonly signals: Readonly<Partial<Record<Signal, SignalShape>>>;
  /** There when anything is hashed. */
  readonly key: Secret | undefined;
}

/** Where the unreadable lines of windows go. */
export interface QuarantineSettings {
  /** Folder in the lake, or in the container of its own. */
  readonly prefix: string;
  /** Undefined: the lake. */
  readonly place: Place | undefined;
  /** Whether the bytes of the lines are kept, or only where they stand and why they cannot be read. */
  readonly keepBytes: boolean;
}

export interface QuerySettings {
  /** Full address that the query is posted to. */
  readonly url: string;
  /** Entra scope of the token. */
  readonly scope: string;
  readonly auth:
    | { readonly kind: 'identity'; readonly clientId: string }
    | { readonly kind: 'key'; readonly key: Secret }
    | { readonly kind: 'none' };
  /** `workspace`: workspace tables and names; `resourceId` '' asks for every component in it. */
  readonly schema: { readonly kind: 'app' } | { readonly kind: 'workspace'; readonly resourceId: string };
  readonly signals: readonly Signal[];
  readonly window: Millis;
  readonly lag: Millis;
  /** Start of the first window; undefined: now, on the grid. */
  readonly from: Millis | undefined;
  readonly until: Millis | undefined;
}

export interface App {
  readonly name: string;
  readonly query: QuerySettings | undefined;
}

export interface ExportSettings {
  /** The first container, the one that the blob trigger watches. */
  readonly place: Place;
  /** All containers, of one account; the first among them. */
  readonly places: readonly Place[];
  readonly window: Millis;
  /** A window runs at most once in this time. */
  readonly refresh: Millis;
  /** How long after its time a folder can still change: so far back a sweep looks, and then a window is settled. */
  readonly lookback: Millis;
  /** A folder that was emptied (by a lifecycle rule) leaves the lake as it is, or empties the files of its window. */
  readonly emptied: 'keep' | 'follow';
  /** Records without an id are all kept, or are one where they are the same to the letter (data export repeats lines). */
  readonly dedupe: 'id' | 'record';
  /** Time of the folders that count: `from <= folder < until`; undefined: no limit. */
  readonly from: Millis | undefined;
  readonly until: Millis | undefined;
  readonly signals: readonly Signal[];
  /** Export folder (`{appName}_{ikey}`) → app name; a folder that is not named here goes by its own appName. */
  readonly apps: Readonly<Record<string, string>>;
}

/** All settings, parsed once: no optional fields that mean a default. */
export interface Config {
  readonly apps: readonly App[];
  readonly exports: ExportSettings | undefined;
  readonly lake: Place;
  readonly output: Output;
  readonly shape: Shaping;
  readonly quarantine: QuarantineSettings;
  /** Tables and queues of the function app's own storage. */
  readonly state: {
    readonly tableUrl: string;
    readonly queueUrl: string;
    readonly access: Access;
    readonly table: string;
    readonly queue: string;
  };
  /** How long a claim is respected without a renewal. */
  readonly lease: Millis;
  /** How long a hint may lead to nothing before it is sent again. */
  readonly patience: Millis;
  /** Windows that one tick plans at most, per feed. */
  readonly planLimit: number;
}
