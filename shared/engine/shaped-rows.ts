import { createHash, createHmac } from 'node:crypto';
import type { Layout, Promotion, Shaping, Signal } from '../model.ts';
import type { ColumnType } from '../signals/column.ts';
import { isPromotion, noShape, type ShapedColumn, shapedColumns } from '../signals/shape.ts';
import { castTo } from './convert.ts';
import { dimensionTree, type FieldTree, hiddenFields, isEmptyTree, linkTree, measurementTree } from './hidden-fields.ts';
import { scrubbed } from './scrub.ts';
import { jsonPath, named, quote } from './sql.ts';
import { nested, type Step } from './steps.ts';

/** What is made of a signal's rows for the lake. */
export interface ShapedRows {
  readonly columns: readonly ShapedColumn[];
  /** For the files' metadata: rises and falls with the settings; '' where nothing is shaped. */
  readonly mark: string;
  /** Rows as they were decoded → a relation of the columns. */
  relation(from: string, layout: Layout): string;
}

export function shapedRows(signal: Signal, shaping: Shaping): ShapedRows {
  const shape = shaping.signals[signal];
  const columns = shapedColumns(signal, shape);
  const replaced = {
    customDimensions: dimensionTree(shape ?? noShape),
    customMeasurements: measurementTree(shape ?? noShape),
    details: linkTree(signal, shape ?? noShape),
  };
  return {
    columns,
    mark: shape === undefined ? '' : markOf(columns, shape, shaping),
    relation(from, layout) {
      const extra = hiddenFields(signal, layout, shaping);
      if (shape === undefined && isEmptyTree(extra)) return from;
      const trees = Object.entries(replaced).filter(([, tree]) => !isEmptyTree(tree));
      const steps = [...promoteSteps(columns), ...extraSteps(extra)];
      const values = new Map([...trees.map(([name, tree]) => [name, withoutHidden(name, tree)] as const), ...extraValue(extra)]);
      const list = columns.map((column, index) => `${valueOf(column, values, index)} AS ${named(column.name)}`);
      return `(SELECT ${list.join(',\n  ')} FROM ${steps.length === 0 ? from : `(${nested(steps, from)})`})`;
    },
  };
}

/** Settings that make the same files have the same mark; another key for hashing makes another. */
function markOf(columns: readonly ShapedColumn[], shape: object, { key }: Shaping): string {
  const text = JSON.stringify([columns.map(({ name, type }) => [name, type]), shape]);
  const hash = columns.some(({ hashed }) => hashed) ? createHmac('sha256', key?.reveal() ?? '') : createHash('sha256');
  return hash.update(text).digest('hex').slice(0, 16);
}

const promotedText = (index: number): string => `_promoted${index}`;

/** Read before anything is taken out. */
function promoteSteps(columns: readonly ShapedColumn[]): readonly Step[] {
  const texts = columns.flatMap(({ from }, index) => (isPromotion(from) ? [[promotedText(index), textAt(from)] as const] : []));
  return texts.length === 0 ? [] : [{ add: Object.fromEntries(texts) }];
}

/** Keys of dimensions and measurements may hold anything, dots too; below `extra` a dot leads deeper. */
function textAt({ from }: Promotion): string {
  const dot = from.indexOf('.');
  const [column, field] = [from.slice(0, dot), from.slice(dot + 1)];
  const path = column === 'extra' ? jsonPath(field) : `/${field.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  return `json_extract_string(${named(column)}, ${quote(path)})`;
}

/** Members that became empty go as well, two levels of them, as everywhere in `extra`. */
function extraSteps(tree: FieldTree): readonly Step[] {
  return isEmptyTree(tree) ? [] : [{ add: { _extra: scrubbed('"extra"', tree) } }, { add: { _pruned: 'pruned(_extra)' } }];
}

const extraValue = (tree: FieldTree): readonly (readonly [string, string])[] =>
  isEmptyTree(tree) ? [] : [['extra', `nullif(pruned(_pruned), '{}')`]];

const withoutHidden = (name: string, tree: FieldTree): string => `nullif(nullif(${scrubbed(named(name), tree)}, '{}'), '[]')`;

function valueOf({ from, hashed }: ShapedColumn, values: ReadonlyMap<string, string>, index: number): string {
  const value = isPromotion(from) ? castTo(from.type, promotedText(index)) : (values.get(from.name) ?? named(from.name));
  return hashed ? `keyed(${textOf(value, from.type)})` : value;
}

/** What is hashed: the value as CSV spells it. */
function textOf(value: string, type: ColumnType): string {
  if (type === 'timestamp') return `strftime(make_timestamp(epoch_us(${value})), '%Y-%m-%dT%H:%M:%S.%fZ')`;
  return type === 'string' || type === 'dynamic' ? value : `(${value})::VARCHAR`;
}
