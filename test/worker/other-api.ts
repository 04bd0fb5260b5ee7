/**
 * A query API of another make: it reads the KQL that the app sends by patterns of its own, and answers in the forms
 * that a make says (makes.ts). Nothing of it is the simulator's.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { asCells, columnsOf, resourceIdOf, signalOf } from '../../local/telemetry/asCells.ts';
import type { Cell, Row } from '../../local/telemetry/row.ts';
import { WORKSPACE_TABLES } from '../../local/telemetry/tables.ts';
import { queryOf, send, unknown } from './other-answers.ts';

export interface Column {
  readonly name: string;
  readonly type: string;
}

export interface Result {
  /** The table that was asked, as the query spells it. */
  readonly table: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
  /** Facts of rows, not rows. */
  readonly isSurvey: boolean;
}

/** What is answered in place of a result. */
export interface Refused {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The connection breaks after so many bytes of the body. */
  readonly cut?: number;
}

export interface Make {
  readonly name: string;
  readonly kind: 'app' | 'workspace';
  /** Undefined: it is answered. `number`: how many questions came before. */
  refuses?(query: string, number: number): Refused | undefined;
  /** The JSON text. */
  answer(result: Result): string;
  readonly gzip?: boolean;
  /** How a body is packed for who takes what; undefined: not at all. */
  pack?(body: Buffer, takes: string): readonly [encoding: string, bytes: Buffer] | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** HTTP/1.0: no length, the end of the connection is the end of the answer. */
  readonly plainHttp?: boolean;
  /** false: rows have none. */
  readonly ids?: boolean;
  /** false: it does not tell when rows came in, so one that is altered is not seen. */
  readonly latest?: boolean;
  /** It tells of rows how many they are, nothing else: one that comes for one that goes is not seen. */
  readonly counts?: boolean;
  /** Of its rows; those of others are in the same tables. */
  readonly resourceId?: string;
  /** Bytes of a piece, each sent by itself. */
  readonly piece?: number;
  /** How far its clock is ahead. */
  readonly ahead?: number;
  /** How long its first byte takes. */
  readonly slow?: number;
}

export interface OtherApi {
  readonly url: string;
  readonly make: Make;
  readonly questions: readonly string[];
  readonly rows: readonly Row[];
  add(rows: readonly Row[]): void;
  purge(which: (row: Row) => boolean): Row[];
  close(): void;
}

interface Kept {
  readonly row: Row;
  readonly came: number;
}

const textOf = (at: number): string => new Date(at).toISOString().replace('Z', '0000Z');
const timeOf = (row: Row): string => String(row.timestamp);

/** Any function of the id alone will do. */
function hashOf(id: string): number {
  let hash = 5381;
  for (const char of id) hash = (hash * 33 + (char.codePointAt(0) ?? 0)) % 4_294_967_291;
  return hash;
}

interface Asked {
  readonly table: string;
  readonly from: string;
  readonly to: string;
  readonly bucket: readonly [number, number] | undefined;
  readonly facts: string | undefined;
  readonly step: number;
  readonly label: string | undefined;
  readonly resourceId: string | undefined;
}

const FROM = /^(\w+)\s*\|\s*where (\w+) >= datetime\(([^)]+)\) and \2 < datetime\(([^)]+)\)/;

/** Undefined: it does not know what that means. */
function read(query: string): readonly Asked[] | undefined {
  const inside = /^union\s*\(([\s\S]*)\)$/.exec(query.trim());
  const parts = inside === null ? [query] : (inside[1] ?? '').split(/\),\s*\(/);
  const asked = parts.map((part) => {
    const [, table = '', , from = '', to = ''] = FROM.exec(part.trim()) ?? [];
    const [, buckets, bucket] = /\| where hash\(iff\(.*\), (\d+)\) == (\d+)/.exec(part) ?? [];
    const [, facts, step] = /\| summarize (.+) by start = bin\(\w+, (\d+)m\)/.exec(part) ?? [];
    const [, resourceId] = /\| where _ResourceId =~ '([^']+)'/.exec(part) ?? [];
    const [, label] = /\| extend signal = '(\w+)'/.exec(part) ?? [];
    const parted = buckets === undefined ? undefined : ([Number(buckets), Number(bucket)] as const);
    return { table, from, to, bucket: parted, facts, step: Number(step) * 60_000, label, resourceId };
  });
  return asked.every(({ table }) => table !== '') ? asked : undefined;
}

const isOf = (row: Row, table: string): boolean => signalOf(row) === table || WORKSPACE_TABLES[signalOf(row)] === table;

function select({ table, from, to, bucket, resourceId }: Asked, kept: readonly Kept[]): Kept[] {
  const [buckets, number] = bucket ?? [1, 0];
  return kept.filter(
    ({ row }) =>
      isOf(row, table) &&
      timeOf(row) >= from &&
      timeOf(row) < to &&
      hashOf(String(row.itemId)) % buckets === number &&
      (resourceId === undefined || resourceIdOf(row) === resourceId),
  );
}

function surveyOf(asked: readonly Asked[], kept: readonly Kept[]): Pick<Result, 'columns' | 'rows'> {
  const facts = asked[0]?.facts ?? '';
  const [latest, ids] = [/latest = /.test(facts), /ids = .*, (\d+)\)\)/.exec(facts)?.[1]];
  const columns = [
    { name: 'signal', type: 'string' },
    { name: 'rows', type: 'long' },
    ...(ids === undefined ? [] : [{ name: 'ids', type: 'long' }]),
    ...(latest ? [{ name: 'latest', type: 'datetime' }] : []),
    { name: 'start', type: 'datetime' },
  ];
  const rows = asked.flatMap((part) => {
    const bins = Map.groupBy(select(part, kept), ({ row }) => Math.floor(Date.parse(timeOf(row)) / part.step));
    return [...bins].map(([bin, found]): Cell[] => [
      part.label ?? '',
      found.length,
      ...(ids === undefined ? [] : [found.reduce((sum, { row }) => sum + (hashOf(String(row.itemId)) % +ids), 0)]),
      ...(latest ? [textOf(Math.max(...found.map(({ came }) => came)))] : []),
      textOf(bin * part.step),
    ]);
  });
  return { columns, rows };
}

function resultOf(asked: readonly Asked[], kept: readonly Kept[], kind: Make['kind']): Result | undefined {
  const [only] = asked;
  if (only === undefined || (asked.length > 1 && only.facts === undefined)) return undefined;
  if (only.facts !== undefined) return { table: only.table, isSurvey: true, ...surveyOf(asked, kept) };
  const found = select(only, kept).map(({ row }) => row);
  const signal = found[0] && signalOf(found[0]);
  const own = signal === undefined ? [{ name: 'timestamp', type: 'datetime' }] : columnsOf(signal, kind);
  const columns = kind === 'workspace' ? [...own, { name: 'itemId', type: 'string' }] : own;
  const cells = (row: Row): Cell[] => [
    ...asCells(row, kind),
    ...(kind === 'workspace' ? [String(row.itemId ?? '')] : []),
  ];
  return { table: only.table, isSurvey: false, columns, rows: found.map(cells) };
}

/** Starts one with these rows. */
export async function startOtherApi(make: Make, rows: readonly Row[]): Promise<OtherApi> {
  const own = (row: Row): Row => (make.ids === false ? { ...row, itemId: null } : row);
  let kept: readonly Kept[] = rows.map((row) => ({ row: own(row), came: Date.parse(timeOf(row)) + 60_000 }));
  const questions: string[] = [];
  const serve = async (message: IncomingMessage, response: ServerResponse) => {
    const query = await queryOf(message);
    const number = questions.push(query) - 1;
    const asked = read(query);
    const result = asked && resultOf(asked, kept, make.kind);
    const refused = result === undefined ? unknown : make.refuses?.(query, number);
    await send(message, response, refused ?? { status: 200, body: result ? make.answer(result) : '' }, make);
  };
  const server = createServer((message, response) => void serve(message, response).catch(() => response.destroy()));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  return {
    ...{ make, questions, url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}` },
    get rows() {
      const isOwn = ({ row }: Kept) => make.resourceId === undefined || resourceIdOf(row) === make.resourceId;
      return kept.filter(isOwn).map(({ row }) => row);
    },
    add: (more) => {
      kept = [...kept, ...more.map((row) => ({ row: own(row), came: Date.now() }))];
    },
    purge: (which) => {
      const gone = kept.filter(({ row }) => which(row)).map(({ row }) => row);
      kept = kept.filter(({ row }) => !which(row));
      return gone;
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
