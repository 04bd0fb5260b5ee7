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

/** What a ledger says of a feed as a whole. */
export interface Opening {
  readonly feed: Feed;
  /** When its last `opening` was, as text; '': there was none. */
  readonly word: string;
  /** All that it has ever read, as shared/pure/origin.ts spells it; none: an older version wrote it, or blobs did. */
  readonly origins: readonly string[];
}

/** What a feed reads by the settings, as shared/pure/origin.ts spells it; undefined: they do not name it. */
export type OriginOf = (feed: Feed) => string | undefined;

/** What the window of a ledger entry is read from by the settings; undefined: nothing that they name. */
export type ReadFrom = (entry: {
  readonly window: Window;
  readonly origin?: string;
  readonly doneAt: Millis;
}) => Promise<string | undefined>;
