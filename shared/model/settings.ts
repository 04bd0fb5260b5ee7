import type { BudgetLimits } from './budget.ts';
import type { Millis, Signal } from './windows.ts';

/** Never printed: `toString` and `toJSON` answer `[secret]`. */
export interface Secret {
  reveal(): string;
}

export type Format = 'parquet' | 'ndjson' | 'csv';

/** `clientId` '': the system-assigned one. `setting`: what names the client id, or would. */
export interface Identity {
  readonly kind: 'identity';
  readonly clientId: string;
  readonly setting: string;
}

export type Access =
  | Identity
  | { readonly kind: 'connectionString'; readonly connectionString: Secret }
  | { readonly kind: 'key'; readonly account: string; readonly key: Secret }
  | { readonly kind: 'sas'; readonly sas: Secret }
  | { readonly kind: 'none' };

/** A blob container, or a local folder. `url` is the account's blob endpoint; '' where a connection string names it. */
export type Place =
  | {
      readonly kind: 'container';
      readonly url: string;
      readonly container: string;
      readonly prefix: string;
      readonly access: Access;
    }
  | { readonly kind: 'folder'; readonly folder: string };

/** How files look; the same for all signals. */
export interface Output {
  readonly format: Format;
  /** Text formats only. */
  readonly gzip: boolean;
  readonly partition: 'hour' | 'day';
  /** Path template below the prefix, tokens validated. Unused in a lake of tables, which have a grid of their own. */
  readonly path: string;
  /** Readers see the files through tables; left out: they see the files. */
  readonly table?: 'delta';
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

/**
 * What the settings make of one signal's columns: that of `*` and the signal's own, put together. Every name is
 * checked.
 */
export interface SignalShape {
  readonly drop: readonly string[];
  /** Columns, or promoted ones: HMAC-SHA256 in hex. */
  readonly hash: readonly string[];
  /** Column → its name in the files. */
  readonly rename: Readonly<Record<string, string>>;
  /** Rows stay where all of these hold. `setting` names the condition in messages. */
  readonly where: readonly { readonly setting: string; readonly kql: string }[];
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
  readonly auth: Identity | { readonly kind: 'key'; readonly key: Secret } | { readonly kind: 'none' };
  /**
   * `workspace`: workspace tables and names; `resourceId` '' asks for every component in it. `plan`: the tables are on
   * the Basic (or Auxiliary) plan, which `url` serves; left out: on the Analytics plan.
   */
  readonly schema:
    | { readonly kind: 'app' }
    | { readonly kind: 'workspace'; readonly resourceId: string; readonly plan?: 'basic' };
  readonly signals: readonly Signal[];
  readonly window: Millis;
  readonly lag: Millis;
  /** Start of the first window; undefined: now, on the grid. */
  readonly from: Millis | undefined;
  readonly until: Millis | undefined;
  /** How long the source keeps its rows: what is older and has none is no window without rows; undefined: not known. */
  readonly retention: Millis | undefined;
}

/** How windows of the query API that are done are looked at again. */
export interface AuditSettings {
  /** So far back every audit looks. */
  readonly recheck: Millis;
  /** So far back an audit looks once a day. */
  readonly horizon: Millis;
  /** Rows that were purged at the source leave the lake, or stay in it. */
  readonly purged: 'follow' | 'keep';
}

/** How long the lake keeps the rows of each signal, by their data date; a signal that is not named: for ever. */
export type RetentionRules = Readonly<Partial<Record<Signal, Millis>>>;

/** What is done to the lake once a day. */
export interface TendingSettings {
  readonly rules: RetentionRules;
  /** What is older goes; else it is only said. */
  readonly remove: boolean;
  /** Files that are not as the ledger says: their windows run again, they are only named, or nobody looks. */
  readonly audit: 'repair' | 'report' | 'off';
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
  /** Within a window, records that are the same to the letter are one: those with an id, all of them, or none. */
  readonly dedupe: 'id' | 'record' | 'none';
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
  readonly audit: AuditSettings;
  readonly tending: TendingSettings;
  readonly budget: BudgetLimits;
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
