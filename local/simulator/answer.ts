import { asCells, columnsOf } from '../telemetry/asCells.ts';
import type { Cell, Row } from '../telemetry/row.ts';
import { partialError, type Reason } from './errors.ts';
import type { KqlQuery } from './kql.ts';
import { surveyCells, surveyColumns } from './survey.ts';

export interface AnswerStyle {
  /** `text`: every cell a string or null, as the Application Insights endpoint has answered. */
  readonly cells: 'native' | 'text';
  /** `old`: `Table_0` and columnName/dataType/columnType. */
  readonly form: 'current' | 'old';
  /** Rows that an answer holds at most. */
  readonly rowLimit: number;
  /** Bytes of JSON text that the rows of an answer have at most. */
  readonly byteLimit: number;
  /** Ends the answer as incomplete after that many rows, whatever the limits. */
  readonly cut?: { readonly rows: number; readonly reason: Reason };
}

export interface AnswerFacts {
  rows: number;
  bytes: number;
  incomplete: Reason | undefined;
}

/** .NET names of the types, as old answers give them. */
const DATA_TYPES: Readonly<Record<string, string>> = {
  datetime: 'DateTime',
  string: 'String',
  real: 'Double',
  int: 'Int32',
  long: 'Int64',
  bool: 'SByte',
  dynamic: 'Object',
};

type Named = { readonly name: string; readonly type: string };

const columnForm = ({ name, type }: Named, form: AnswerStyle['form']): object =>
  form === 'current' ? { name, type } : { columnName: name, dataType: DATA_TYPES[type] ?? 'Object', columnType: type };

function columnsAsked(query: KqlQuery): readonly Named[] {
  if (query.survey) return surveyColumns(query, query.survey);
  if (query.count) return [{ name: 'rows', type: 'long' }];
  const columns = columnsOf(query.signal, query.schema);
  return query.itemId ? [...columns, { name: 'itemId', type: 'string' }] : columns;
}

function* cellsAsked(
  query: KqlQuery,
  rows: Iterable<Row>,
  text: boolean,
  ingested: (row: Row) => string,
): Generator<readonly Cell[]> {
  if (query.survey) {
    yield* surveyCells(query, query.survey, rows, text, ingested);
    return;
  }
  if (query.count) {
    let count = 0;
    for (const _ of rows) count++;
    yield [text ? String(count) : count];
    return;
  }
  for (const row of rows) {
    const cells = asCells(row, query.schema, text);
    if (query.itemId) cells.push(row.itemId ?? '');
    yield cells;
  }
}

function* allCells(
  queries: readonly KqlQuery[],
  rowsOf: (query: KqlQuery) => Iterable<Row>,
  text: boolean,
  ingested: (row: Row) => string,
): Generator<readonly Cell[]> {
  for (const query of queries) yield* cellsAsked(query, rowsOf(query), text, ingested);
}

/** Text is handed over in pieces of about this length. */
const PIECE = 64 * 1024;

/**
 * The JSON text of an answer in pieces, never whole in memory. An answer beyond a limit is cut there and ends in
 * `error`. `facts` says afterwards what was in it.
 */
export function* answerText(
  query: KqlQuery,
  rowsOf: (query: KqlQuery) => Iterable<Row>,
  style: AnswerStyle,
  facts: AnswerFacts,
  ingested: (row: Row) => string = () => '',
): Generator<string> {
  const columns = columnsAsked(query).map((column) => columnForm(column, style.form));
  const name = style.form === 'current' ? 'PrimaryResult' : 'Table_0';
  let piece = `{"tables":[{"name":"${name}","columns":${JSON.stringify(columns)},"rows":[`;
  for (const cells of allCells([query, ...(query.union ?? [])], rowsOf, style.cells === 'text', ingested)) {
    const text = JSON.stringify(cells);
    const bytes = facts.bytes + Buffer.byteLength(text) + 1;
    if (style.cut && facts.rows >= style.cut.rows) facts.incomplete = style.cut.reason;
    else if (facts.rows >= style.rowLimit) facts.incomplete = 'rows';
    else if (bytes > style.byteLimit) facts.incomplete = 'bytes';
    if (facts.incomplete) break;
    piece += facts.rows === 0 ? text : `,${text}`;
    facts.rows++;
    facts.bytes = bytes;
    if (piece.length >= PIECE) {
      yield piece;
      piece = '';
    }
  }
  // A fault that cuts an answer shows even where there was nothing to cut.
  facts.incomplete ??= style.cut?.reason;
  const limit = facts.incomplete === 'bytes' ? style.byteLimit : style.rowLimit;
  const error = facts.incomplete ? `,"error":${JSON.stringify(partialError(facts.incomplete, limit))}` : '';
  yield `${piece}]}]${error}}`;
}
