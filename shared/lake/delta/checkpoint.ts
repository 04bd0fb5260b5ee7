import zlib from 'node:zlib';
import { parquetReadObjects, type SchemaElement } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';
import type { Action } from './actions.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * Classic checkpoints (V1, one file): the whole table as rows of one action each. Structures of the protocol's section
 * "Checkpoint Schema"; what we never write (deletion vectors, tags) is left out.
 */

type Repetition = 'REQUIRED' | 'OPTIONAL' | 'REPEATED';

const group = (name: string, children: readonly SchemaElement[][], repetition: Repetition = 'OPTIONAL') => [
  { name, repetition_type: repetition, num_children: children.length } as SchemaElement,
  ...children.flat(),
];
const text = (name: string): SchemaElement[] => [
  { name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
];
const long = (name: string): SchemaElement[] => [{ name, type: 'INT64', repetition_type: 'OPTIONAL' }];
const int = (name: string): SchemaElement[] => [{ name, type: 'INT32', repetition_type: 'OPTIONAL' }];
const flag = (name: string): SchemaElement[] => [{ name, type: 'BOOLEAN', repetition_type: 'OPTIONAL' }];
const map = (name: string): SchemaElement[] => [
  { name, repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'MAP' },
  { name: 'key_value', repetition_type: 'REPEATED', num_children: 2 },
  { name: 'key', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
  { name: 'value', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
];
const list = (name: string): SchemaElement[] => [
  { name, repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST' },
  { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
  { name: 'element', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
];

const columns = {
  protocol: group('protocol', [int('minReaderVersion'), int('minWriterVersion')]),
  metaData: group('metaData', [
    text('id'),
    text('name'),
    text('description'),
    group('format', [text('provider'), map('options')]),
    text('schemaString'),
    list('partitionColumns'),
    map('configuration'),
    long('createdTime'),
  ]),
  txn: group('txn', [text('appId'), long('version'), long('lastUpdated')]),
  add: group('add', [
    text('path'),
    map('partitionValues'),
    long('size'),
    long('modificationTime'),
    flag('dataChange'),
    text('stats'),
  ]),
  remove: group('remove', [
    text('path'),
    long('deletionTimestamp'),
    flag('dataChange'),
    flag('extendedFileMetadata'),
    map('partitionValues'),
    long('size'),
  ]),
};
type Kind = keyof typeof columns;
const kinds = Object.keys(columns) as Kind[];

const schema: SchemaElement[] = [
  { name: 'spark_schema', num_children: kinds.length },
  ...kinds.flatMap((kind) => columns[kind]),
];

/** Fields that hold whole numbers of 64 bits, and those that hold maps. */
const longs = ['createdTime', 'version', 'lastUpdated', 'size', 'modificationTime', 'deletionTimestamp'];
const maps = ['partitionValues', 'options', 'configuration'];

/** How long a removed file is told of, for readers of older versions and for vacuum: the protocol's own default. */
export const tombstoneAge = 7 * 24 * 3_600_000;

/** The checkpoint of a table, with how many actions it holds. `txnVersions` is left as it is: one row a window. */
export function checkpointFile(snapshot: Snapshot, now: number): { readonly bytes: Uint8Array; readonly size: number } {
  const { protocol, metaData, files, removed, txns } = snapshot;
  if (protocol === undefined || metaData === undefined) throw new Error('a checkpoint of a table that is not there');
  const rows: Partial<Record<Kind, object>>[] = [{ protocol }, { metaData: spelled(metaData) }];
  for (const [appId, version] of txns) rows.push({ txn: spelled({ appId, version }) });
  for (const add of files.values()) rows.push({ add: spelled({ ...add, dataChange: false }) });
  for (const remove of removed.values())
    if ((remove.deletionTimestamp ?? 0) + tombstoneAge > now)
      rows.push({ remove: spelled({ ...remove, dataChange: false }) });
  const columnData = kinds.map((name) => ({ name, data: rows.map((row) => row[name] ?? null) }));
  const bytes = new Uint8Array(parquetWriteBuffer({ schema, columnData, codec: 'SNAPPY', statistics: false }));
  return { bytes, size: rows.length };
}

/** As the writer wants it: 64 bit numbers as bigint, maps as entries, at any depth. */
function spelled(value: object): object {
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => {
      if (longs.includes(key)) return [key, each === undefined ? undefined : BigInt(each)];
      if (maps.includes(key))
        return [key, each && Object.entries(each).map(([name, text]) => ({ key: name, value: text }))];
      return [key, typeof each === 'object' && each !== null && !Array.isArray(each) ? spelled(each) : each];
    }),
  );
}

/** The actions of a checkpoint, ours or another engine's. Throws where it is of a kind that we do not read. */
export async function readCheckpoint(bytes: Uint8Array): Promise<Action[]> {
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  const rows = await parquetReadObjects({ file, compressors: { ZSTD: (input) => zlib.zstdDecompressSync(input) } });
  return rows.flatMap((row) => kinds.flatMap((kind) => (row[kind] ? [{ [kind]: plain(row[kind]) } as Action] : [])));
}

/** Numbers as numbers, and nothing that was not there. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, each]) => {
      if (maps.includes(key)) return [[key, each ?? {}]];
      return each === null || each === undefined ? [] : [[key, plain(each)]];
    }),
  );
}
