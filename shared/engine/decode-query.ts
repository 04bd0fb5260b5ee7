import type { AnswerColumn, Signal } from '../model.ts';
import type { Column } from '../signals/column.ts';
import { columnsOf } from '../signals/columns.ts';
import type { Cell, RowConstants } from './continuous-cells.ts';
import { plainCell } from './plain-cells.ts';
import { named, quote, quoteAll } from './sql.ts';
import type { Step } from './steps.ts';

/**
 * The steps from `doc` (a JSON array of cells) to the rows of a query answer. Same columns as `continuousSteps`. Answer columns that the
 * schema does not know go to `extra` by name, and so does a cell that did not fit its column.
 */
export function querySteps(signal: Signal, answer: readonly AnswerColumn[], constants: RowConstants): readonly Step[] {
  const columns = columnsOf(signal);
  const places = placesOf(columns, answer);
  const cells = columns.map((column, index) =>
    plainCell(column, places[index]?.map((place) => `_cells[${place + 1}]`) ?? [], constants, signal),
  );
  const known = new Set(places.flat());
  const names = namesOf(answer);
  const unknown = answer.flatMap((_, place) => (known.has(place) ? [] : [place]));
  const strangers = unknown.map((place, index) => memberOf(names[place] ?? '', `_strangers[${index + 1}]::VARCHAR`));
  return [
    { add: { _cells: `json_extract_string(doc, ${quoteAll(answer.map((_, place) => `$[${place}]`))})` } },
    {
      add: {
        _rows: `CASE WHEN json_array_length(doc) = ${answer.length} AND json_type(doc) = 'ARRAY' THEN [0] ELSE [] END`,
      },
    },
    { add: { _element: 'unnest(_rows)' }, drop: ['_rows'] },
    {
      add: {
        _strangers:
          unknown.length === 0 ? '[]' : `json_extract(doc, ${quoteAll(unknown.map((place) => `$[${place}]`))})`,
      },
    },
    { add: Object.fromEntries(cells.map(({ column, value }) => [named(column.name), value])) },
    {
      add: {
        '"=extra"': `nullif('{' || concat_ws(',', NULL, ${[...strangers, ...cells.flatMap(misfitMember)].join(',\n    ') || 'NULL'}) || '}', '{}')`,
        _bytes: 'strlen(doc)',
        _known: 'false',
        // Several elements share an id, and which one a row is cannot be told: only a row that is the same in every cell is the same row.
        _same: `CASE WHEN "itemId" <> '' THEN md5_number(doc) END`,
      },
    },
  ];
}

/** `"name":value`, or NULL when there is nothing. */
const memberOf = (name: string, value: string): string =>
  `CASE WHEN ${value} NOT IN ('null', '""', '{}', '[]') THEN ${quote(`${JSON.stringify(name)}:`)} || ${value} END`;

const misfitMember = ({ column, value, text }: Cell): string[] =>
  text === undefined
    ? []
    : [
        `CASE WHEN misfit(${text}, ${value}) THEN ${quote(`${JSON.stringify(column.name)}:`)} || to_json(${text})::VARCHAR END`,
      ];

/**
 * Where in the answer each column stands: under its own name, else under that of the workspace; exactly so spelled, else in any case where
 * no other column is spelled like that.
 */
function placesOf(columns: readonly Column[], answer: readonly AnswerColumn[]): readonly (readonly number[])[] {
  const find = ({ name, workspace }: Column, matches: (answered: string, wanted: string, place: number) => boolean) =>
    [name, ...workspace]
      .map((wanted) => answer.findIndex((answered, place) => matches(answered.name, wanted, place)))
      .filter((place) => place >= 0)
      .slice(0, 1);
  const exact = columns.map((column) => find(column, (answered, wanted) => answered === wanted));
  const taken = new Set(exact.flat());
  const loose = (column: Column) =>
    find(column, (answered, wanted, place) => !taken.has(place) && answered.toLowerCase() === wanted.toLowerCase());
  return exact.map((places, index) => (places.length > 0 ? places : columns.slice(index, index + 1).flatMap(loose)));
}

/** Names for `extra`; one that comes again is numbered. */
function namesOf(answer: readonly AnswerColumn[]): readonly string[] {
  return answer.map(({ name }, place) => {
    const before = answer.slice(0, place).filter((column) => column.name === name).length;
    return before === 0 ? name : `${name}_${before + 1}`;
  });
}
