import { createHash, createHmac } from 'node:crypto';
import type { Layout, Promotion, Shaping, Signal } from '../model.ts';
import type { ColumnType } from '../signals/column.ts';
import { isPromotion, type ShapedColumn, shapedColumns } from '../signals/shape.ts';
import { castTo } from './convert.ts';
import type { FieldTree } from './field-tree.ts';
import { hiddenTrees } from './hidden-fields.ts';
import { LONG_LINE } from './lines.ts';
import { scrubbed, untouched } from './scrub.ts';
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
  return {
    columns,
    mark: shape === undefined ? '' : markOf(columns, shape, shaping),
    relation(from, layout) {
      const trees = hiddenTrees(signal, layout, shaping);
      if (shape === undefined && trees.size === 0) return from;
      const list = columns.map((column, index) => `${cellOf(column, trees, index)} AS ${named(column.name)}`);
      return `(SELECT ${list.join(',\n  ')} FROM ${trees.size === 0 ? from : `(${nested(hidingSteps(trees), from)})`})`;
    },
  };
}

/** Settings that make the same files have the same mark; another key for hashing makes another. */
function markOf(columns: readonly ShapedColumn[], shape: object, { key }: Shaping): string {
  const text = JSON.stringify([columns.map(({ name, type }) => [name, type]), shape]);
  const hash = columns.some(({ hashed }) => hashed) ? createHmac('sha256', key?.reveal() ?? '') : createHash('sha256');
  return hash.update(text).digest('hex').slice(0, 16);
}

/** Column of the decoded table that holds the text of a promoted field. */
export const promotedName = (index: number): string => `_promoted${index}`;

/** Keys of dimensions and measurements may hold anything, dots too; below `extra` a dot leads deeper. */
export function promotedText({ from }: Promotion): string {
  const dot = from.indexOf('.');
  const [column, field] = [from.slice(0, dot), from.slice(dot + 1)];
  const path = column === 'extra' ? jsonPath(field) : `/${field.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  return `json_extract_string(${named(column)}, ${quote(path)})`;
}

const hidden = (name: string): string => named(`_hidden_${name}`);

/** Members that became empty go as well, two levels of them, as everywhere in `extra`. Long values have lost theirs already. */
function hidingSteps(trees: ReadonlyMap<string, FieldTree>): readonly Step[] {
  const scrubs = [...trees].map(([name, tree]) => {
    const column = named(name);
    const glance = untouched(column, tree);
    const asItIs = glance === undefined ? '' : ` WHEN ${glance} THEN ${column}`;
    return [
      hidden(name),
      `CASE WHEN strlen(${column}) > ${LONG_LINE} THEN ${column}${asItIs} ELSE ${scrubbed(column, tree)} END`,
    ] as const;
  });
  return [
    { add: Object.fromEntries(scrubs) },
    { add: trees.has('extra') ? { _pruned: `pruned(${hidden('extra')})` } : { _pruned: 'NULL' } },
  ];
}

function cellOf({ from, hashed }: ShapedColumn, trees: ReadonlyMap<string, FieldTree>, index: number): string {
  const value = isPromotion(from) ? castTo(from.type, promotedName(index)) : columnValue(from.name, trees);
  return hashed ? `keyed(${textOf(value, from.type)})` : value;
}

function columnValue(name: string, trees: ReadonlyMap<string, FieldTree>): string {
  if (!trees.has(name)) return named(name);
  const left = name === 'extra' ? 'pruned(_pruned)' : hidden(name);
  return `CASE WHEN ${left} NOT IN ('', '{}', '[]', 'null') THEN ${left} END`;
}

/** What is hashed: the value as CSV spells it. */
function textOf(value: string, type: ColumnType): string {
  if (type === 'timestamp') return `strftime(make_timestamp(epoch_us(${value})), '%Y-%m-%dT%H:%M:%S.%fZ')`;
  return type === 'string' || type === 'dynamic' ? value : `(${value})::VARCHAR`;
}
