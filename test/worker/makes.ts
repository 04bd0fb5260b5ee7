/** How query APIs of other makes answer: each differs from the service in several ways that are legal. */
import type { Cell } from '../../local/telemetry/row.ts';
import type { Column, Make, Refused, Result } from './other-api.ts';

const INVALID = 'The request had some invalid properties';

/** 400, as nested as the service nests it. */
export const semantic = (code: string, message: string): Refused => ({
  status: 400,
  body: JSON.stringify({
    error: {
      message: INVALID,
      code: 'BadArgumentError',
      innererror: { code: 'SemanticError', message: 'A semantic error occurred.', innererror: { code, message } },
    },
  }),
});

export const unknownFunction = (name: string) => semantic('SEM0260', `Unknown function: '${name}'.`);

/** Columns in another order, with others between. */
export function other({ columns, rows }: Result, more: readonly (readonly [Column, Cell])[] = []): Result {
  const order = columns.map((_, at) => at).toReversed();
  return {
    ...{ table: '', isSurvey: false },
    columns: [...more.map(([column]) => column), ...order.map((at) => columns[at] as Column)],
    rows: rows.map((cells) => [...more.map(([, cell]) => cell), ...order.map((at) => cells[at] ?? null)]),
  };
}

const withoutZone = (text: string): string => text.replace(/Z$/, '');
export const cellsOf = (
  { columns, rows }: Result,
  change: (cell: Cell, type: string, name: string) => unknown,
): unknown[][] =>
  rows.map((cells) => cells.map((cell, at) => change(cell, columns[at]?.type ?? '', columns[at]?.name ?? '')));

const statusRow = ['2026-11-21T03:00:00.1234567Z', 4, 'Info', 0, 'Query completed successfully', 'a', 'b', 'c'];
const statusNames = ['Timestamp', 'Severity', 'SeverityName', 'StatusCode', 'StatusDescription', 'Count', 'Id', 'More'];
const STATUS = {
  TableName: 'Table_1',
  Columns: statusNames.map((ColumnName) => ({ ColumnName, DataType: 'String' })),
  Rows: [statusRow],
};
const CONTENTS = {
  TableName: 'Table_2',
  Columns: ['Ordinal', 'Kind', 'Name', 'Id', 'PrettyName'].map((ColumnName) => ({ ColumnName, DataType: 'String' })),
  Rows: [
    [0, 'QueryResult', 'PrimaryResult', 'x', ''],
    [1, 'QueryStatus', 'QueryStatus', 'y', ''],
  ],
};

/** The first version of Kusto's own answers: all cells text, names in capitals, tables of the status behind. */
const old: Make = {
  name: 'old',
  kind: 'app',
  gzip: true,
  refuses: (query) => (/\bhash(_sha256)?\(/.test(query) ? unknownFunction('hash') : undefined),
  answer: (result) => {
    const turned = other(result, [[{ name: '_ResourceId', type: 'string' }, '/subscriptions/1']]);
    const Columns = turned.columns.map(({ name, type }) => ({
      ColumnName: name,
      DataType: { long: 'Int64', int: 'System.Int32', real: 'System.Double', datetime: 'DateTime' }[type] ?? 'String',
      ColumnType: type,
    }));
    const Rows = cellsOf(turned, (cell) => (cell === null ? null : String(cell)));
    return JSON.stringify({ Tables: [{ TableName: 'Table_0', Columns, Rows }, STATUS, CONTENTS] });
  },
};

/** Knows neither union nor ingestion_time; times have no zone, and the result stands behind another table. */
const plain: Make = {
  name: 'plain',
  kind: 'app',
  latest: false,
  piece: 1500,
  refuses: (query) => {
    if (/^union/.test(query)) return semantic('SYN0002', 'Query could not be parsed at union');
    return /ingestion_time/.test(query) ? unknownFunction('ingestion_time') : undefined;
  },
  answer: (result) => {
    const rows = cellsOf(result, (cell, type) => {
      if (type === 'datetime') return withoutZone(String(cell));
      return type === 'dynamic' && typeof cell === 'string' && cell !== '' ? JSON.parse(cell) : cell;
    });
    const properties = {
      name: '@ExtendedProperties',
      columns: ['TableId', 'Key', 'Value'].map((name) => ({ name, type: 'string' })),
      rows: [[1, 'Visualization', '{}']],
    };
    const found = { name: 'primaryresult', columns: result.columns, rows };
    return `\uFEFF${JSON.stringify({ tables: [properties, found] }, null, 2)}\n`;
  },
};

/** A workspace, numbers of other types, members in another order, a clock that is ahead, a slow first byte. */
const numbers: Make = {
  name: 'numbers',
  kind: 'workspace',
  ahead: 7 * 60_000,
  slow: 1_000,
  answer: (result) => {
    const large: readonly [Column, Cell] = [{ name: 'Large', type: 'long' }, '9223372036854775807'];
    const turned = other(result, result.isSurvey ? [] : [large]);
    const rows = cellsOf(turned, (cell, type) => {
      if (type === 'datetime') return String(cell).replace(/Z$/, '+00:00');
      if (type === 'long') return result.isSurvey ? `${cell}.0` : String(cell);
      return type === 'real' && cell !== null ? String(cell) : cell;
    });
    const columns = turned.columns.map(({ name, type }) => ({
      type: type === 'long' && result.isSurvey ? 'real' : type,
      name,
    }));
    const table = JSON.stringify({ rows, columns, name: result.table.toUpperCase() });
    const statistics = JSON.stringify({ query: { executionTime: 0.01 } });
    return `{"statistics":${statistics},"render":null,"tables":[${table}]}`;
  },
};

/** Fails often, in every shape. */
const TROUBLES: readonly Refused[] = [
  { status: 429, body: '', headers: { 'Retry-After': '0' } },
  { status: 503, body: '<html><body>busy</body></html>', headers: { 'Content-Type': 'text/html' } },
  { status: 500, body: '{"Message":"An error has occurred."}' },
  { status: 200, body: '{"tables":[{"name":"PrimaryResult","columns":[],"rows":[' },
  { status: 200, body: '{"tables":[{"name":"PrimaryResult","columns":[],"rows":[]}]}', cut: 20 },
  { status: 200, body: '{"tables":[],"error":{"code":"PartialError","message":"E_LOW_MEMORY_CONDITION"}}' },
  { status: 400, body: '{"error":{"@message":"x","code":"General","message":"E_QUERY_THROTTLED (80DA0008)"}}' },
  { status: 502, body: 'upstream' },
];
const troubled: Make = {
  name: 'troubled',
  kind: 'app',
  ahead: -3 * 60_000,
  refuses: (_query, number) => (number % 3 === 1 ? TROUBLES[Math.floor(number / 3) % TROUBLES.length] : undefined),
  answer: (result) => {
    const { columns, rows } = other(result);
    return JSON.stringify({ tables: [{ name: 'Table_0', columns, rows }], dataSources: [{ tables: [result.table] }] });
  },
};

/** Answers hold few rows, and what is beyond is cut. */
const MOST = 12;
const narrow: Make = {
  name: 'narrow',
  kind: 'app',
  answer: ({ columns, rows, isSurvey }) => {
    const table = (some: Result['rows']) => ({ name: 'PrimaryResult', columns, rows: some });
    if (isSurvey || rows.length <= MOST) return JSON.stringify({ tables: [table(rows)] });
    const innererror = { code: '80DA0003', message: 'Query result set has exceeded the internal record count limit' };
    const error = { code: 'PartialError', message: 'There were some errors.', details: [{ innererror }] };
    return JSON.stringify({ tables: [table(rows.slice(0, MOST))], error });
  },
};

export const MAKES: readonly Make[] = [old, plain, numbers, troubled, narrow];
