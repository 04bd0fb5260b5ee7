import { SIGNALS } from '../../local/telemetry/tables.ts';
import type { Signal } from '../../shared/model.ts';
import type { ColumnType } from '../../shared/signals/column.ts';
import { columnsOf, SCHEMA_VERSION } from '../../shared/signals/columns-of.ts';

/** What read.py says of a Parquet file. */
export interface FileFacts {
  readonly columns: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly rows: number;
  readonly codecs: readonly string[];
}

const arrow: Readonly<Record<ColumnType, string>> = {
  timestamp: 'timestamp[us, tz=UTC]',
  string: 'string',
  integer: 'int64',
  long: 'int64',
  real: 'double',
  boolean: 'bool',
  dynamic: 'string',
};
const sparkTypes: Readonly<Record<ColumnType, string>> = {
  timestamp: 'timestamp',
  string: 'string',
  // Since schema version 2 all whole numbers are of 64 bits.
  integer: 'bigint',
  long: 'bigint',
  real: 'double',
  boolean: 'boolean',
  dynamic: 'string',
};
/** What Spark makes of the folders' names. */
const sparkPartitions = { app: 'string', date: 'date', hour: 'int' };

const typesBy = (names: Readonly<Record<ColumnType, string>>, signal: Signal) =>
  Object.fromEntries(columnsOf(signal).map(({ name, type }) => [name, names[type]]));

/** What is wrong with names, order, types, compression and metadata of the files, by their paths. */
export function typeFaults(files: Readonly<Record<string, FileFacts>>): string[] {
  return Object.entries(files).flatMap(([path, { columns, metadata, rows, codecs }]) => {
    const signal = SIGNALS.find((one) => path.replaceAll('\\', '/').startsWith(`${one}/`));
    if (signal === undefined) return [`${path}: no signal`];
    const [, app, source, window] =
      /app=([^/\\]+).*[/\\]([^/\\]+)_(\d{8}T\d{4}Z_\d{8}T\d{4}Z)(?:_\d+)?\.parquet$/.exec(path) ?? [];
    const own = window && {
      insights_lake_app: app,
      insights_lake_source: source,
      insights_lake_window: window,
      insights_lake_revision: metadata.insights_lake_revision ?? 'missing',
    };
    const facts = { insights_lake_schema: String(SCHEMA_VERSION), insights_lake_signal: signal, ...own };
    return [
      ...unlike(`${path}: columns`, columns, typesBy(arrow, signal)),
      ...unlike(`${path}: metadata`, metadata, facts),
      ...unlike(`${path}: compression`, codecs, rows === 0 ? [] : ['ZSTD']),
      ...(rows === 0 && window !== undefined ? [`${path}: no rows`] : []),
    ];
  });
}

export const sparkTypeFaults = (signal: Signal, found: Readonly<Record<string, string>>): string[] =>
  unlike(`Spark: ${signal}`, found, { ...typesBy(sparkTypes, signal), ...sparkPartitions });

function unlike(what: string, found: object, expected: object): string[] {
  const [one, other] = [JSON.stringify(found), JSON.stringify(expected)];
  return one === other ? [] : [`${what}: ${one} instead of ${other}`];
}
