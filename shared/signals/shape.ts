import type { Promotion, Shaping, Signal, SignalShape } from '../model.ts';
import type { Column, ColumnType } from './column.ts';
import { columnsOf } from './columns-of.ts';

/** A column of the files: what it is called there, and what it is made of. */
export interface ShapedColumn {
  readonly name: string;
  readonly type: ColumnType;
  /** A column of the signal's table, or what the settings promote. */
  readonly from: Column | Promotion;
  readonly hashed: boolean;
}

export const noShape: SignalShape = {
  drop: [],
  hash: [],
  rename: {},
  where: [],
  promote: [],
  dimensions: { allow: undefined, deny: [] },
  extra: { allow: undefined, deny: [] },
};

export const noShaping: Shaping = { signals: {}, key: undefined };

export const isPromotion = (from: Column | Promotion): from is Promotion => 'from' in from;

/** The columns of a signal's files, in order: what stays of the table, then what was promoted. */
export function shapedColumns(signal: Signal, shape: SignalShape = noShape): readonly ShapedColumn[] {
  const hashed = (name: string) => shape.hash.includes(name);
  const typeOf = (name: string, type: ColumnType) => (hashed(name) ? 'string' : type);
  const kept = columnsOf(signal).filter(({ name }) => !shape.drop.includes(name));
  return [
    ...kept.map((column): ShapedColumn => {
      const { name, type } = column;
      return { name: shape.rename[name] ?? name, type: typeOf(name, type), from: column, hashed: hashed(name) };
    }),
    ...shape.promote.map((from): ShapedColumn => {
      return { name: from.as, type: typeOf(from.as, from.type), from, hashed: hashed(from.as) };
    }),
  ];
}

/** Columns whose values must not be seen in the lake, in `extra` neither. */
export const hiddenColumns = (signal: Signal, { drop, hash }: SignalShape): readonly Column[] =>
  columnsOf(signal).filter(({ name }) => drop.includes(name) || hash.includes(name));

/** Promoted and hashed: the field that such a column is made of must not be seen beside it. */
export const hiddenPromotions = ({ promote, hash }: SignalShape): readonly Promotion[] =>
  promote.filter(({ as }) => hash.includes(as));

/** Whether the shape holds anything back that a record says: then what could not be read may hold it too. */
export function isPrivate({ drop, hash, dimensions, extra }: SignalShape): boolean {
  const lists = [dimensions, extra].some(({ allow, deny }) => allow !== undefined || deny.length > 0);
  return drop.length + hash.length > 0 || lists;
}
