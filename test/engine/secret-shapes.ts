import type { Layout, Signal } from '../../shared/model.ts';
import type { Column } from '../../shared/signals/column.ts';
import { columnsOf } from '../../shared/signals/columns-of.ts';
import type { FieldSettings, ShapeSettings } from '../../shared/signals/shape-settings.ts';
import fc from '../seeds.ts';
import { type Draw, oneIn, oneOf } from './secret-making.ts';
import { DIMENSIONS, type SecretRecord } from './secret-records.ts';
import { otherCase } from './secret-text.ts';

/** Settings of one signal at random, with names that the record has. */
export function shapeFor(draw: Draw, signal: Signal, layout: Layout, { secrets }: SecretRecord): ShapeSettings {
  const columns = columnsOf(signal).filter(({ name }) => name !== 'exportWindow');
  const some = (most: number): Column[] => [
    ...new Set(Array.from({ length: draw(fc.nat, { max: most }) }, () => oneOf(draw, columns))),
  ];
  const drop = oneIn(draw, 3) ? [] : some(5).map(({ name }) => name);
  const hash = oneIn(draw, 2) ? [] : some(4).flatMap(({ name }) => (drop.includes(name) ? [] : [name]));
  const paths = secrets.map(({ path }) => path);
  const promote = promotions(draw, signal, layout, paths);
  const hashed = promote.filter(() => oneIn(draw, 2)).map(({ as }) => as);
  const renamed = some(2).filter(({ name }) => !drop.includes(name));
  const shape: ShapeSettings = {
    drop,
    hash: [...hash, ...hashed],
    promote,
    rename: Object.fromEntries(renamed.map(({ name }, index) => [name, `renamed${index}`])),
    ...(oneIn(draw, 3) && {
      where: oneOf(draw, ["name != 'other'", 'true', "operation_Name != 'x' or isempty(operation_Name)"]),
    }),
    dimensions: fields(draw, [...DIMENSIONS, 'none', 'many7', 'big']),
    extra: fields(
      draw,
      paths.map((path) => someOf(draw, path).join('.')),
    ),
  };
  const isThere = columns.some(({ name }) => name === 'name') || !shape.where?.startsWith('name');
  return isThere ? shape : { ...shape, where: 'true' };
}

const someOf = (draw: Draw, path: readonly string[]): readonly string[] =>
  path.slice(0, 1 + draw(fc.nat, { max: path.length - 1 }));

function fields(draw: Draw, names: readonly string[]): FieldSettings {
  const kind = oneOf(draw, ['none', 'none', 'allow', 'deny'] as const);
  if (kind === 'none' || names.length === 0) return {};
  const some = Array.from({ length: draw(fc.nat, { max: 4 }) }, () => oneOf(draw, names));
  return { [kind]: some.map((name) => (oneIn(draw, 3) ? otherCase(name) : name)) };
}

function promotions(
  draw: Draw,
  signal: Signal,
  layout: Layout,
  paths: readonly (readonly string[])[],
): NonNullable<ShapeSettings['promote']> {
  const has = (name: string) => columnsOf(signal).some((column) => column.name === name);
  const extra = paths.filter((path) => path.every((key) => /^\w+$/.test(key))).map((path) => `extra.${path.join('.')}`);
  const all = [
    ...['mail', 'a/b', 'x~y', 'dotted.name'].map((name) => `customDimensions.${name}`),
    ...(has('customMeasurements') ? ['size', 'a/b'].map((name) => `customMeasurements.${name}`) : []),
    ...(layout === 'query' ? [] : extra.slice(0, 20)),
  ];
  const types = ['string', 'string', 'integer', 'real', 'boolean', 'timestamp'] as const;
  return Array.from({ length: draw(fc.nat, { max: 2 }) }, (_, index) => ({
    from: oneOf(draw, all),
    as: `promoted${index}`,
    type: oneOf(draw, types),
  }));
}
