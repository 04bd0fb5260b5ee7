import type { Signal } from '../model.ts';
import type { Column } from '../signals/column.ts';
import { columnsOf } from '../signals/columns.ts';
import { signalTables } from '../signals/tables.ts';
import { continuousCell, type RowConstants } from './continuous-cells.ts';
import { continuousPaths, DIMENSIONS, METRICS, type Side } from './continuous-paths.ts';
import { rowsOf } from './shape.ts';
import { jsonPath, named, quote, quoteAll, removal } from './sql.ts';
import type { Step } from './steps.ts';

/**
 * The steps from a relation with the column `doc` (one JSON document or NULL a row) to the rows of a signal's classic records: the
 * signal's columns, `_element` (index of the row in its record), `_bytes` (of the record, on its first row), `_known` (nothing in it is
 * unknown) and `_same` (what tells rows apart, or NULL). A record of another signal has no rows.
 *
 * Nearly every record holds what is documented and nothing else: then one pass reads it, and `extra` is put together from what was read.
 * Only where something is unknown is it made by taking things out of the record, which costs five times as much.
 *
 * Rows: a record's elements. `extra`: root and element without what the columns hold; the whole record where a value did not fit its
 * column, a key stands twice or something else stands where an object was expected.
 */
export function continuousSteps(signal: Signal, constants: RowConstants): readonly Step[] {
  const columns = columnsOf(signal);
  const { root, element } = continuousPaths(columns, signal);
  const cells = columns.map((column) => continuousCell(column, { root, element }, constants, signal));
  const misfits = cells.flatMap(({ value, text }) =>
    text === undefined ? [] : [`coalesce(misfit(${text}, ${value}), false)`],
  );
  const elements = signalTables[signal].element;
  const lists = { _array: elements, _dims: DIMENSIONS, _mets: METRICS };
  const allObjects = Object.entries(lists).map(
    ([name, path]) => `coalesce(len(${name}) = len(${root.fields.at(path)}), true)`,
  );
  const scalars = `any_scalar(json_type(doc, ${quoteAll(Object.values(lists).map(jsonPath))}))`;
  return [
    { add: { _doc: `from_json(doc, ${root.fields.structure})` } },
    { add: root.fields.columns, drop: ['_doc'] },
    ...textsOf(root),
    { add: Object.fromEntries(Object.entries(lists).map(([name, path]) => [name, objectsAt(path, root)])) },
    { add: { _allObjects: allObjects.join(' AND ') } },
    { add: { _docKnown: `_allObjects AND ${knownIn('doc', root)}`, _rows: rowsOf(signal) }, drop: ['_array'] },
    { add: { _docLeft: `CASE WHEN _docKnown THEN ${root.fields.left} ELSE ${leftOf('doc', root)} END` } },
    { add: { _docOdd: oddOf('doc', '_docKnown', '_docLeft', root, `NOT _allObjects OR ${scalars}`) } },
    { add: { _dimensions: 'strung(_dims)', _metrics: 'strung(_mets)' }, drop: ['_dims', '_mets'] },
    { add: { _dimensionKeys: 'json_keys(_dimensions)', _metricKeys: 'json_keys(_metrics)' } },
    { add: { _el: 'unnest(_rows)', _element: 'generate_subscripts(_rows, 1) - 1' }, drop: ['_rows'] },
    { add: { _own: `from_json(_el, ${element.fields.structure})` } },
    { add: element.fields.columns, drop: ['_own'] },
    ...textsOf(element),
    { add: { _elKnown: knownIn('_el', element) } },
    { add: { _elLeft: `CASE WHEN _elKnown THEN ${element.fields.left} ELSE ${leftOf('_el', element)} END` } },
    { add: { _elOdd: oddOf('_el', '_elKnown', '_elLeft', element, 'false') } },
    {
      add: {
        _left: `joined(${quote(JSON.stringify(elements))}, _elLeft, _docLeft)`,
        _whole: ['_elOdd', '_docOdd', 'coalesce(repeats(_dimensionKeys), false)', ...misfits].join('\n  OR '),
      },
      drop: ['_docLeft', '_elLeft', '_docOdd', '_elOdd'],
    },
    { add: { _pruned: 'pruned(_left)' }, drop: ['_left'] },
    { add: Object.fromEntries(cells.map(({ column, value }) => [named(column.name), value])) },
    {
      add: {
        ...Object.fromEntries(
          columns.filter(({ as }) => as === 'bucket').map((column) => [`"=${column.name}"`, bucketOf(column, columns)]),
        ),
        '"=extra"': `CASE WHEN _whole THEN json(doc)::VARCHAR ELSE nullif(pruned(_pruned), '{}') END`,
        _known: '_docKnown AND _elKnown',
        _bytes: 'CASE WHEN _element = 0 THEN strlen(doc) ELSE 0 END',
        _same: `CASE WHEN "itemId" <> '' THEN md5_number(${quote(`${signal}/`)} || _element || '/' || "itemId") END`,
      },
    },
  ];
}

const textsOf = ({ fields: { texts } }: Side): readonly Step[] =>
  Object.keys(texts).length === 0 ? [] : [{ add: texts }];

/** The objects of an array, or the one object that stands in its place. */
const objectsAt = (path: string, { fields }: Side): string =>
  `CASE WHEN ${fields.at(path)} IS NOT NULL THEN objects_of(${fields.at(path)})
    ELSE objects_in(json_extract(doc, ${quote(jsonPath(path))})::VARCHAR) END`;

/** Whether the object holds nothing but what is known of it. */
const knownIn = (document: string, { fields }: Side): string =>
  `coalesce(countable(${document}) AND keys_in(${document}) = ${fields.keys} AND objects_within(${document}) = ${fields.objects}, false)`;

const leftOf = (document: string, { taken, dropped }: Side): string =>
  `json_merge_patch(${document}, ${quote(removal([...taken, ...dropped]))})::VARCHAR`;

/**
 * Whether more keys were taken out than values read (then one may stand twice, and only the first was seen), or something else than an
 * object stands where one was expected. To look for repeated keys right away would cost more than all the rest.
 */
function oddOf(document: string, known: string, left: string, side: Side, also: string): string {
  const types = `json_type(${document}, ${quoteAll(side.objects)})`;
  // The merge patch puts in objects that it finds missing on its way: those without a type.
  const lost = `${keysIn(document, side)} - ${keysIn(left, side)} + ${side.objects.length} - list_count(${types})`;
  const taken = [
    ...side.taken.map((path) => `(${side.fields.at(path)} IS NOT NULL)::INTEGER`),
    side.dropped.length,
  ].join(' + ');
  return `CASE WHEN ${known} THEN false
    WHEN ${also} OR any_other(${types}) THEN true
    WHEN ${lost} = ${taken} THEN false ELSE any_repeats(json_keys(${document}, ${quoteAll(side.objects)})) END`;
}

const keysIn = (document: string, { objects }: Side): string =>
  `coalesce(len(flatten(json_keys(${document}, ${quoteAll(objects)}))), 0)`;

function bucketOf({ name, continuous }: Column, columns: readonly Column[]): string {
  const duration = columns.find(({ as, continuous: [metric] }) => as === 'ticks' && metric === continuous[0]);
  return `as_bucket(${named(duration?.name ?? name)})`;
}
