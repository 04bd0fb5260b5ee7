import type { FieldList, Promotion, Signal, SignalShape } from '../model.ts';
import { columnsOf } from './columns-of.ts';
import { noShape } from './shape.ts';
import { signals } from './tables.ts';

/** What the settings say of one signal, or under `*` of all. */
export interface ShapeSettings {
  readonly drop?: readonly string[] | undefined;
  readonly hash?: readonly string[] | undefined;
  readonly rename?: Readonly<Record<string, string>> | undefined;
  readonly where?: string | undefined;
  readonly promote?: readonly Promotion[] | undefined;
  readonly dimensions?: FieldSettings | undefined;
  readonly extra?: FieldSettings | undefined;
}

export interface FieldSettings {
  readonly allow?: readonly string[] | undefined;
  readonly deny?: readonly string[] | undefined;
}

export type AllShapeSettings = Readonly<Partial<Record<Signal | '*', ShapeSettings | undefined>>>;

/**
 * The shapes of all signals that have one. Of `*` a signal takes what it has columns for; its own adds to it, and where
 * both name a column the own one counts. What is held back by one of both is held back: dropped wins over hashed,
 * denied over allowed.
 */
export function shapesOf(settings: AllShapeSettings): Readonly<Partial<Record<Signal, SignalShape>>> {
  const shapes = signals.flatMap((signal) => {
    const parts = (['*', signal] as const).flatMap((of) =>
      settings[of] === undefined ? [] : [partOf(settings[of], of, signal)],
    );
    return parts.length === 0 ? [] : [[signal, parts.reduce(together)] as const];
  });
  return Object.fromEntries(shapes);
}

function partOf(settings: ShapeSettings, of: Signal | '*', signal: Signal): SignalShape {
  const { drop = [], hash = [], rename = {}, where, promote = [], dimensions, extra } = settings;
  const names = columnsOf(signal).map(({ name }) => name);
  const promotes = promote.filter(({ from }) => of === signal || names.includes(from.slice(0, from.indexOf('.'))));
  const mine = [...names, ...promotes.map(({ as }) => as)];
  return {
    drop: drop.filter((name) => mine.includes(name)),
    hash: hash.filter((name) => mine.includes(name)),
    rename: Object.fromEntries(Object.entries(rename).filter(([name]) => mine.includes(name))),
    where: where === undefined ? [] : [{ setting: `shape.${of}.where`, kql: where }],
    promote: promotes,
    dimensions: { ...noShape.dimensions, ...defined(dimensions) },
    extra: { ...noShape.extra, ...defined(extra) },
  };
}

const defined = ({ allow, deny }: FieldSettings = {}): FieldList => ({ allow, deny: deny ?? [] });

function together(all: SignalShape, own: SignalShape): SignalShape {
  const drop = [...new Set([...all.drop, ...own.drop])];
  const promote = [...all.promote.filter(({ as }) => own.promote.every((mine) => mine.as !== as)), ...own.promote];
  return {
    drop,
    hash: [...new Set([...all.hash, ...own.hash])].filter(
      (name) => !drop.includes(name) || promote.some(({ as }) => as === name),
    ),
    rename: { ...all.rename, ...own.rename },
    where: [...all.where, ...own.where],
    promote,
    dimensions: listsTogether(all.dimensions, own.dimensions),
    extra: listsTogether(all.extra, own.extra),
  };
}

function listsTogether(all: FieldList, own: FieldList): FieldList {
  const allow =
    all.allow === undefined && own.allow === undefined ? undefined : [...(all.allow ?? []), ...(own.allow ?? [])];
  return { allow, deny: [...all.deny, ...own.deny] };
}
