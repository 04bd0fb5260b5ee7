import type { Layout, Shaping, Signal, SignalShape } from '../../shared/model.ts';
import type { Column } from '../../shared/signals/column.ts';
import { columnsOf } from '../../shared/signals/columns-of.ts';
import { isPrivate, noShape } from '../../shared/signals/shape.ts';
import { signals, signalTables } from '../../shared/signals/tables.ts';
import type { Secret } from './secret-making.ts';

/** What docs/settings.md promises of a text: that it leaves, that it does not, or nothing. */
export type Fate = 'stays' | 'goes' | 'either';

/** `a.*.c`: keys in small letters, `*` any one. */
const matches = (pattern: string, path: readonly string[]): boolean =>
  pattern.split('.').every((step, at) => path[at] !== undefined && (step === '*' || step === path[at]));
const small = (path: readonly string[]): string[] => path.map((key) => key.toLowerCase());
/** Names of fields may hold dots: then the path as it is spelled counts. */
const isBelow = (path: readonly string[], dotted: string): boolean =>
  `${path.join('.')}.`.startsWith(`${dotted.toLowerCase()}.`);

interface World {
  readonly signal: Signal;
  readonly layout: Layout;
  readonly shaping: Shaping;
}

const MESSAGES = ['message', 'outerMessage', 'innermostMessage'];
const TYPES = ['type', 'outerType', 'innermostType'];
const LINKS: Readonly<Record<string, readonly string[]>> = {
  message: MESSAGES,
  type: TYPES,
  exceptiontype: TYPES,
  typename: TYPES,
  stack: [...MESSAGES, ...TYPES],
  rawstack: [...MESSAGES, ...TYPES],
};

/** Documented fields of the links. */
const CHAIN = ['parsedStack', 'message', 'exceptionType', 'typeName', 'id', 'outerId'];

/** Where a record says what a column holds. The links of an exception's chain show all their fields. */
function patternsOf(
  { name, workspace, continuous, as }: Column,
  { signal, layout }: World,
  visible = false,
): readonly string[] {
  if (layout !== 'continuous') return [name, ...workspace].map((key) => key.toLowerCase());
  const { element } = signalTables[signal];
  const metrics = 'context.custom.metrics.*';
  const paths = continuous.flatMap((path) => {
    if (/^(context|internal)\./.test(path)) return [path];
    if (signal === 'customMetrics')
      return path === '#.name' ? [`${element}.name`] : [`${element}.${path}`, `${metrics}.${path}`];
    if (path === '#.value') return [`${element}.*.value`];
    if (path === '#.details') return visible ? [element] : CHAIN.map((key) => `${element}.${key}`);
    return path.startsWith('#.') ? [] : [`${element}.${path}`];
  });
  return as === 'bucket' ? [] : paths.map((path) => path.toLowerCase());
}

export function fateOf(secret: Secret, world: World): Fate {
  const { shaping, signal } = world;
  const shape = shaping.signals[signal] ?? noShape;
  const path = small(secret.path);
  const columns = columnsOf(signal);
  const held = (column: Column) => isHeld(column, shape);
  const at = (column: Column) => patternsOf(column, world, !held(column)).some((pattern) => matches(pattern, path));
  const visible = columns.filter((column) => !held(column));
  const extra = visible.some(({ name }) => name === 'extra');
  if (isMurkyName(secret, world)) return 'either';
  const removed = columns.some((column) => held(column) && at(column)) || isRemoved(path, world, shape);
  const shown =
    visible.filter(at).some((column) => !isTakenOut(path, column, world, shape)) || isPromoted(path, world, shape);
  if ((removed || !extra) && !shown) return 'goes';
  if (extra && !removed && !isDoubtful(secret, path, world, shape)) return 'stays';
  const exact = visible.find(
    (column) => column.type === 'string' && column.as === 'value' && firstOf(column, world) === secret.path.join('.'),
  );
  return secret.plain && exact !== undefined ? 'stays' : 'either';
}

function firstOf({ name, workspace, continuous }: Column, { layout, signal }: World): string | undefined {
  if (layout !== 'continuous') return layout === 'query' ? name : workspace[0];
  const [path] = continuous;
  return path === undefined || /^(context|internal)\./.test(path) ? path : `${signalTables[signal].element}.${path}`;
}

const isHeld = ({ name }: Column, { drop, hash }: SignalShape): boolean => drop.includes(name) || hash.includes(name);

/** The names of metrics and counters are keys that become values. */
const isMurkyName = ({ isKey, path }: Secret, { signal, layout }: World): boolean =>
  isKey && layout === 'continuous' && signal === 'performanceCounters' && path[0] === 'performanceCounter';

const rootsOf = (name: string, world: World): readonly string[] =>
  columnsOf(world.signal)
    .filter((column) => column.name === name)
    .flatMap((column) => patternsOf(column, world, true));

/** The name below a column of names, if the path leads there. */
function nameBelow(path: readonly string[], name: string, world: World): string | undefined {
  const root = rootsOf(name, world).find((pattern) => matches(pattern, path));
  return root === undefined ? undefined : path[root.split('.').length];
}

function isTakenOut(path: readonly string[], { name }: Column, world: World, shape: SignalShape): boolean {
  if (name === 'customDimensions') return isHiddenDimension(nameBelow(path, name, world), shape);
  if (name === 'customMeasurements') return isHiddenMeasurement(nameBelow(path, name, world), shape);
  const others = columnsOf(world.signal).filter((column) => column.name !== name && isHeld(column, shape));
  const isOther =
    world.layout === 'continuous' &&
    others.some((other) => patternsOf(other, world).some((pattern) => matches(pattern, path)));
  return name === 'details' && (isHiddenLink(path, shape) || isOther);
}

const fromOf = (shape: SignalShape, column: string, hashed: boolean): readonly string[] =>
  shape.promote
    .filter(({ as, from }) => shape.hash.includes(as) === hashed && from.startsWith(`${column}.`))
    .map(({ from }) => from.slice(column.length + 1).toLowerCase());

function isHiddenDimension(name: string | undefined, shape: SignalShape): boolean {
  const { allow, deny } = shape.dimensions;
  const denied = [...small(deny), ...fromOf(shape, 'customDimensions', true)];
  return name !== undefined && (denied.includes(name) || (allow !== undefined && !small(allow).includes(name)));
}

const isHiddenMeasurement = (name: string | undefined, shape: SignalShape): boolean =>
  name !== undefined && fromOf(shape, 'customMeasurements', true).includes(name);

function isHiddenLink(path: readonly string[], shape: SignalShape): boolean {
  return (LINKS[path[1] ?? ''] ?? []).some((name) => shape.drop.includes(name) || shape.hash.includes(name));
}

/** Of `extra`. */
function isRemoved(path: readonly string[], world: World, shape: SignalShape): boolean {
  const { signal, layout, shaping } = world;
  const { allow, deny } = shape.extra;
  if (deny.some((denied) => isBelow(path, denied)) || fromOf(shape, 'extra', true).some((from) => isBelow(path, from)))
    return true;
  if (allow !== undefined && !allow.some((allowed) => isBelow(path, allowed))) return true;
  if (layout === 'continuous') {
    const others = signals.filter(
      (other) => other !== signal && shaping.signals[other] && isPrivate(shaping.signals[other]),
    );
    if (others.some((other) => signalTables[other].element.toLowerCase() === path[0])) return true;
  }
  if (signal === 'exceptions' && (path[0] === 'details' || path[0] === 'basicexception') && isHiddenLink(path, shape))
    return true;
  return (
    isHiddenDimension(nameBelow(path, 'customDimensions', world), shape) ||
    isHiddenMeasurement(nameBelow(path, 'customMeasurements', world), shape)
  );
}

const isPromoted = (path: readonly string[], world: World, shape: SignalShape): boolean =>
  fromOf(shape, 'extra', false).some((from) => isBelow(path, from)) ||
  fromOf(shape, 'customDimensions', false).includes(nameBelow(path, 'customDimensions', world) ?? '\0') ||
  fromOf(shape, 'customMeasurements', false).includes(nameBelow(path, 'customMeasurements', world) ?? '\0');

/** Kin of what is hidden, and text or a list of lists on the way to it: these may go, and need not. */
function isDoubtful(secret: Secret, path: readonly string[], world: World, shape: SignalShape): boolean {
  const { signal, layout } = world;
  const hidden = columnsOf(signal).filter(({ name }) => shape.drop.includes(name) || shape.hash.includes(name));
  const own = hidden.some((column) => signalTables[signal].own.includes(column));
  if (own && layout === 'continuous' && ['customMetrics', 'performanceCounters'].includes(signal)) return true;
  if (path[0] === 'basicexception' && hidden.some(({ name }) => name === 'details')) return true;
  if (own && /^(urldata|basename|parsedstack|stack|rawstack|id|outerid)/.test(path[1] ?? '')) return true;
  const names = ['customDimensions', 'customMeasurements', 'details'].flatMap((name) => rootsOf(name, world));
  const paths = [
    ...hidden.flatMap((column) => patternsOf(column, world)),
    ...[...shape.extra.deny, ...(shape.extra.allow ?? []), ...fromOf(shape, 'extra', true)].map((dotted) =>
      dotted.toLowerCase(),
    ),
    ...(isPrivate(shape) ? names : []),
  ];
  const way = path.slice(0, secret.endsAt);
  return paths.some((pattern) => matches(way.join('.'), pattern.split('.')));
}
