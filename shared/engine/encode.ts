import type { Output, Signal } from '../model.ts';
import type { Column } from '../signals/column.ts';
import { type FileRun, fileFacts } from './encode/file-facts.ts';
import { named, quote } from './sql.ts';

/** Uncompressed bytes of a row group: what a writer holds in memory per thread, and a reader has to. */
const GROUP_BYTES = 4 * 1024 * 1024;
const GROUP_ROWS = { least: 8, most: 122_880 };

type NamedType = Pick<Column, 'name' | 'type'>;

export interface Encoding {
  readonly output: Output;
  readonly signal: Signal;
  /** As the settings shape them. */
  readonly columns: readonly NamedType[];
  /** Which settings shaped them; '' for none. */
  readonly mark: string;
  /** Undefined for an empty file, which belongs to no window. */
  readonly run: FileRun | undefined;
  /** Mean bytes of a raw record. */
  readonly rowBytes: number;
  /** CSV only: whether the file starts with the names of the columns. */
  readonly header: boolean;
}

/** COPY of the relation `from` (columns of the signal) to a file. Text formats: pieces, and so gzip members, can be put together. */
export function copyTo(path: string, from: string, encoding: Encoding): string {
  const { output, columns, header } = encoding;
  const compression = output.gzip ? 'gzip' : 'none';
  const list = (each: (column: NamedType) => string): string =>
    columns.map((column) => `${each(column)} AS ${named(column.name)}`).join(', ');
  if (output.format === 'parquet')
    return `COPY (SELECT ${list(({ name }) => named(name))} FROM ${from}) TO ${quote(path)} (${parquet(encoding)})`;
  if (output.format === 'csv')
    return `COPY (SELECT ${list(csvValue)} FROM ${from}) TO ${quote(path)}
    (FORMAT csv, HEADER ${header}, QUOTE '', ESCAPE '', COMPRESSION ${compression})`;
  return `COPY (SELECT ${jsonMembers(columns)} FROM ${from}) TO ${quote(path)}
    (FORMAT csv, HEADER false, DELIMITER '', QUOTE '', ESCAPE '', NULLSTR 'null', COMPRESSION ${compression})`;
}

/**
 * A row as a JSON object, in pieces that follow each other: DuckDB's own writer of JSON takes dynamic columns apart again, which costs ten times
 * the memory of a long one.
 */
function jsonMembers(columns: readonly NamedType[]): string {
  const members = columns.map(
    (column, index) => `${quote(`${index === 0 ? '{' : ','}${JSON.stringify(column.name)}:`)}, ${jsonValue(column)}`,
  );
  return `${members.join(', ')}, '}'`;
}

function parquet({ signal, mark, run, rowBytes }: Encoding): string {
  const rows = Math.round(GROUP_BYTES / Math.max(rowBytes, 1));
  const group = Math.min(Math.max(rows, GROUP_ROWS.least), GROUP_ROWS.most);
  const facts = fileFacts(signal, mark, run);
  const metadata = Object.entries(facts).map(([key, value]) => `${key}: ${quote(value)}`);
  return `FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${group}, KV_METADATA {${metadata.join(', ')}}`;
}

/** ISO 8601 with exactly six digits. From microseconds to a plain timestamp, which no setting of a time zone moves. */
const isoTime = (name: string): string => `strftime(make_timestamp(epoch_us(${name})), '%Y-%m-%dT%H:%M:%S.%fZ')`;

/** DuckDB spells these nan, inf and -inf. */
const spelledReal = (name: string): string =>
  `CASE WHEN isnan(${name}) THEN 'NaN' WHEN ${name} > 0 THEN 'Infinity' ELSE '-Infinity' END`;

/** What a value is quoted for, as DuckDB's own writer does it. */
const SPECIAL = ['"', ',', '\n', '\r', '#'];

/** Quoted here and not by DuckDB, whose writer takes five times the memory of a long value that holds quotes. An empty string is "". */
function csvValue({ name, type }: NamedType): string {
  const column = named(name);
  if (type === 'timestamp') return isoTime(column);
  if (type === 'real')
    return `CASE WHEN isfinite(${column}) THEN ${column}::VARCHAR WHEN ${column} IS NOT NULL THEN ${spelledReal(column)} END`;
  if (type !== 'string' && type !== 'dynamic') return column;
  const quoted = [...SPECIAL.map((sign) => `contains(${column}, ${quote(sign)})`), `${column} = ''`].join(' OR ');
  return `CASE WHEN ${quoted} THEN '"' || replace(${column}, '"', '""') || '"' ELSE ${column} END`;
}

/** JSON knows no NaN and no infinity: they become strings. Dynamic columns hold JSON, on one line. */
function jsonValue({ name, type }: NamedType): string {
  const column = named(name);
  if (type === 'timestamp') return `to_json(${isoTime(column)})`;
  if (type === 'dynamic') return column;
  if (type !== 'real') return `to_json(${column})`;
  return `CASE WHEN isfinite(${column}) THEN to_json(${column}) WHEN ${column} IS NOT NULL THEN to_json(${spelledReal(column)}) END`;
}
