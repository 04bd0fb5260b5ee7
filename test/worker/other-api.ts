/**
 * A query API of another make: it reads the KQL that the app sends by patterns of its own, and answers in the forms
 * that a make says (makes.ts). Nothing of it is the simulator's.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { asCells, columnsOf, signalOf } from '../../local/telemetry/asCells.ts';
import type { Cell, Row } from '../../local/telemetry/row.ts';
import { WORKSPACE_TABLES } from '../../local/telemetry/tables.ts';

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
    const [, label] = /\| extend signal = '(\w+)'/.exec(part) ?? [];
    const parted = buckets === undefined ? undefined : ([Number(buckets), Number(bucket)] as const);
    return { table, from, to, bucket: parted, facts, step: Number(step) * 60_000, label };
  });
  return asked.every(({ table }) => table !== '') ? asked : undefined;
}

const isOf = (row: Row, table: string): boolean => signalOf(row) === table || WORKSPACE_TABLES[signalOf(row)] === table;

function select({ table, from, to, bucket }: Asked, kept: readonly Kept[]): Kept[] {
  const [buckets, number] = bucket ?? [1, 0];
  return kept.filter(
    ({ row }) =>
      isOf(row, table) && timeOf(row) >= from && timeOf(row) < to && hashOf(String(row.itemId)) % buckets === number,
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

async function bodyOf(message: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of message) pieces.push(Buffer.from(piece));
  const { query } = JSON.parse(Buffer.concat(pieces).toString());
  return String(query);
}

async function send(response: ServerResponse, { status, headers, body, cut }: Refused, make: Make): Promise<void> {
  const packed = make.gzip === true && status === 200;
  const bytes = packed ? gzipSync(body) : Buffer.from(body);
  if (make.slow !== undefined) await sleep(make.slow);
  response.writeHead(status, {
    Date: new Date(Date.now() + (make.ahead ?? 0)).toUTCString(),
    'Content-Type': 'application/json',
    ...(packed && { 'Content-Encoding': 'gzip' }),
    ...headers,
  });
  const piece = make.piece ?? bytes.length;
  for (let at = 0; at < (cut ?? bytes.length); at += piece) response.write(bytes.subarray(at, at + piece));
  if (cut === undefined) response.end();
  else setTimeout(() => response.destroy(), 20);
}

const unknown: Refused = { status: 400, body: '{"error":{"code":"SyntaxError","message":"what is that?"}}' };

/** Starts one with these rows. */
export async function startOtherApi(make: Make, rows: readonly Row[]): Promise<OtherApi> {
  let kept: readonly Kept[] = rows.map((row) => ({ row, came: Date.parse(timeOf(row)) + 60_000 }));
  const questions: string[] = [];
  const serve = async (message: IncomingMessage, response: ServerResponse) => {
    const query = await bodyOf(message);
    const number = questions.push(query) - 1;
    const asked = read(query);
    const result = asked && resultOf(asked, kept, make.kind);
    const refused = result === undefined ? unknown : make.refuses?.(query, number);
    await send(response, refused ?? { status: 200, body: result ? make.answer(result) : '' }, make);
  };
  const server = createServer((message, response) => void serve(message, response).catch(() => response.destroy()));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  return {
    ...{ make, questions, url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}` },
    get rows() {
      return kept.map(({ row }) => row);
    },
    add: (more) => {
      kept = [...kept, ...more.map((row) => ({ row, came: Date.now() }))];
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
