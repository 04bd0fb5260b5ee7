import type { Signal } from '../model.ts';
import type { Column } from '../signals/column.ts';
import { columnsOf } from '../signals/columns.ts';
import { signalTables } from '../signals/tables.ts';
import { continuousCell, type RowConstants } from './continuous-cells.ts';
import { continuousPaths, DIMENSIONS, METRICS, type Side } from './continuous-paths.ts';
import { shapeOf } from './shape.ts';
import { jsonPath, named, quote, quoteAll, removal } from './sql.ts';
import type { Step } from './steps.ts';

/**
 * The steps from a relation with the column `doc` (one JSON document or NULL a row) to the rows of a signal's classic records: the
 * signal's columns, `_element` (index of the row in its record), `_bytes` (of the record, on its first row) and `_same` (what tells rows
 * apart, or NULL). A record of another signal has no rows. Every JSON function on the whole record is a step of its own.
 *
 * Rows: a record's elements. `extra`: root and element without what the columns hold; the whole record where a value did not fit its
 * column, a key stands twice or something else stands where an object was expected.
 */
export function continuousSteps(signal: Signal, constants: RowConstants): readonly Step[] {
  const columns = columnsOf(signal);
  const { root, element } = continuousPaths(columns, signal);
  const cells = columns.map((column) => continuousCell(column, { root, element }, constants, signal));
  const shape = shapeOf(signal);
  const at = (path: string) => `_root[${root.read.indexOf(path) + 1}]`;
  const misfits = cells.flatMap(({ value, text }) => (text === undefined ? [] : [`coalesce(misfit(${text}, ${value}), false)`]));
  return [
    { add: { _array: shape.array } },
    { add: { _rows: shape.rows }, drop: ['_array'] },
    { add: { _root: textsOf('doc', root) } },
    { add: { _docLeft: leftOf('doc', root) } },
    { add: { _docTypes: `json_type(doc, ${quoteAll(root.objects)})` } },
    { add: { _docLost: `${lostIn('doc', '_docLeft', '_docTypes', root)} - ${takenOf('_root', root)} - ${root.dropped.length}` } },
    { add: { _odd: `${oddOf('doc', '_docLost', '_docTypes', root)} OR odd_array(${at(DIMENSIONS)})` }, drop: ['_docLost', '_docTypes'] },
    { add: { _dimensions: `strung(${at(DIMENSIONS)})`, _metrics: `strung(${at(METRICS)})` } },
    { add: { _dimensionKeys: 'json_keys(_dimensions)', _metricKeys: 'json_keys(_metrics)' } },
    { add: { _el: 'unnest(_rows)', _element: 'generate_subscripts(_rows, 1) - 1' }, drop: ['_rows'] },
    { add: { _own: textsOf('_el', element) } },
    { add: { _elLeft: leftOf('_el', element) } },
    { add: { _elTypes: `json_type(_el, ${quoteAll(element.objects)})` } },
    { add: { _elLost: `${lostIn('_el', '_elLeft', '_elTypes', element)} - ${takenOf('_own', element)}` } },
    {
      add: {
        _left: `joined(${quote(JSON.stringify(signalTables[signal].element))}, _elLeft, _docLeft)`,
        _whole: [oddOf('_el', '_elLost', '_elTypes', element), '_odd', 'coalesce(repeats(_dimensionKeys), false)', ...misfits].join(
          '\n  OR ',
        ),
      },
      drop: ['_docLeft', '_elLeft', '_elLost', '_elTypes'],
    },
    { add: { _pruned: 'pruned(_left)' }, drop: ['_left'] },
    { add: Object.fromEntries(cells.map(({ column, value }) => [named(column.name), value])) },
    {
      add: {
        ...Object.fromEntries(
          columns.filter(({ as }) => as === 'bucket').map((column) => [`"=${column.name}"`, bucketOf(column, columns)]),
        ),
        '"=extra"': `CASE WHEN _whole THEN json(doc)::VARCHAR ELSE nullif(pruned(_pruned), '{}') END`,
        _bytes: 'CASE WHEN _element = 0 THEN strlen(doc) ELSE 0 END',
        _same: `CASE WHEN "itemId" <> '' THEN md5_number(${quote(`${signal}/`)} || _element || '/' || "itemId") END`,
      },
    },
  ];
}

const textsOf = (document: string, { read }: Side): string => `json_extract_string(${document}, ${quoteAll(read.map(jsonPath))})`;

const leftOf = (document: string, { taken, dropped }: Side): string =>
  `json_merge_patch(${document}, ${quote(removal([...taken, ...dropped]))})::VARCHAR`;

/** Of a list of texts, how many of the taken ones are there. */
const takenOf = (texts: string, { taken }: Side): string => `list_count(${texts}[1:${taken.length}])`;

const keysIn = (document: string, { objects }: Side): string => `coalesce(len(flatten(json_keys(${document}, ${quoteAll(objects)}))), 0)`;

/** How many keys the merge patch took out. (It puts in objects that it finds missing on its way: those without a type.) */
const lostIn = (document: string, left: string, types: string, side: Side): string =>
  `${keysIn(document, side)} - ${keysIn(left, side)} + ${side.objects.length} - list_count(${types})`;

/**
 * Whether more keys were taken out than values read (then one may stand twice, and only the first was seen), or something else than an
 * object stands where one was expected. To look for repeated keys right away would cost more than all the rest.
 */
const oddOf = (document: string, lost: string, types: string, { objects }: Side): string =>
  `CASE WHEN ${lost} = 0 THEN false ELSE any_repeats(json_keys(${document}, ${quoteAll(objects)})) END OR any_other(${types})`;

function bucketOf({ name, continuous }: Column, columns: readonly Column[]): string {
  const duration = columns.find(({ as, continuous: [metric] }) => as === 'ticks' && metric === continuous[0]);
  return `as_bucket(${named(duration?.name ?? name)})`;
}
