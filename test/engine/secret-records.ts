import type { AnswerColumn, Layout, Signal } from '../../shared/model.ts';
import { columnsOf } from '../../shared/signals/columns-of.ts';
import { signalTables } from '../../shared/signals/tables.ts';
import fc from '../seeds.ts';
import {
  bend,
  type Draw,
  fresh,
  long,
  type Making,
  makingOf,
  many,
  oneIn,
  oneOf,
  put,
  type Secret,
} from './secret-making.ts';
import { array, jsonOf, type Node, type ObjectNode, object, objectAt, text } from './secret-text.ts';
import { elementPaths, rootPaths } from './sentinels.ts';

export interface SecretRecord {
  readonly line: string;
  readonly secrets: readonly Secret[];
  /** Of an answer. */
  readonly columns: readonly AnswerColumn[];
}

export const DIMENSIONS = ['mail', 'Tenant Id', 'a/b', 'x~y', 'dotted.name', 'Über', 'İsim', 'ΚΩΔΙΚΟΣ'];

function dimensions(making: Making, at: readonly string[]): ObjectNode {
  const all = object();
  for (const name of DIMENSIONS) if (!oneIn(making.draw, 4)) put(making, all, [...at, name], false);
  if (oneIn(making.draw, 8)) all.members.push(['"big"', long(making, [...at, 'big'])]);
  if (oneIn(making.draw, 12)) all.members.push(...many(making, at));
  return all;
}

/** A record of the signal at random, with elements of others where a layout can have them. */
export function secretRecord(draw: Draw, signal: Signal, layout: Layout, others: readonly Signal[]): SecretRecord {
  if (layout === 'continuous') return continuousRecord(draw, signal, others);
  return layout === 'query' ? answerRow(draw, signal) : flatRecord(draw, signal, layout);
}

function continuousRecord(draw: Draw, signal: Signal, others: readonly Signal[]): SecretRecord {
  const making = makingOf(draw);
  const { element } = signalTables[signal];
  const documented = making.fitting && oneIn(draw, 2);
  const root = object();
  const own = object();
  const fill = (into: ObjectNode, base: readonly string[], paths: readonly string[]) => {
    for (const path of paths.filter((name) => !documented || !name.includes('undocumented'))) {
      const keys = path.split('.');
      const parent = objectAt(into, keys.slice(0, -1));
      if (parent !== undefined && !oneIn(draw, 4)) put(making, parent, [...base, ...keys], true);
    }
  };
  fill(
    own,
    [element],
    [...elementPaths[signal].filter((path) => path !== 'count'), 'undocumentedField', 'undocumentedGroup.field'],
  );
  fill(root, [], rootPaths);
  if (!documented) put(making, root, ['dotted.undocumented'], false);
  const elements = [own, ...(signal === 'exceptions' ? chain(making, element) : [])];
  root.members.push([JSON.stringify(element), array(...elements)]);
  for (const other of others) {
    const key = signalTables[other].element;
    if (oneIn(draw, 3))
      root.members.push([JSON.stringify(key), array(object(['"raw"', text(fresh(making, [key, 'raw']))]))]);
  }
  const custom = objectAt(root, ['context', 'custom']);
  const path = ['context', 'custom', 'dimensions'];
  const one = dimensions(making, path);
  const form = oneOf(draw, ['list', 'lists', 'object'] as const);
  custom?.members.push([
    '"dimensions"',
    form === 'object' ? one : array(one, ...(form === 'lists' ? [dimensions(making, path)] : [])),
  ]);
  custom?.members.push(['"metrics"', array(measurements(making, ['context', 'custom', 'metrics']))]);
  for (const group of ['location', 'user', 'custom', 'device']) {
    const context = objectAt(root, ['context']);
    if (context !== undefined) bend(making, context, ['context', group]);
  }
  bend(making, root, ['context']);
  return finished(making, root);
}

function chain(making: Making, element: string): ObjectNode[] {
  return [1, 2].map((n) => {
    const link = object(['"count"', text(0)], ['"outerId"', text(n)]);
    for (const field of elementPaths.exceptions.filter((path) => path !== 'count' && path !== 'outerId'))
      if (!oneIn(making.draw, 3)) link.members.push([JSON.stringify(field), text(fresh(making, [element, field]))]);
    const frame = ['method', 'fileName'].map((key): [string, Node] => [
      JSON.stringify(key),
      text(fresh(making, [element, 'parsedStack', key])),
    ]);
    link.members.push(['"parsedStack"', array(object(...frame))]);
    return link;
  });
}

function measurements(making: Making, at: readonly string[]): ObjectNode {
  const all = object();
  for (const name of ['size', 'a/b', 'Retry Count'].slice(0, 1 + making.draw(fc.nat, { max: 2 }))) {
    const fields = ['value', 'min', 'sampledValue', 'odd'].filter(() => !oneIn(making.draw, 3));
    const metric = fields.map((field): [string, Node] => [
      JSON.stringify(field),
      text(fresh(making, [...at, name, field])),
    ]);
    all.members.push([JSON.stringify(name), object(...metric)]);
  }
  return all;
}

/** Keys of flat records, and columns of answers: every name that a column has, and some that none has. */
function namesOf(signal: Signal, layout: Layout): readonly string[] {
  const own = columnsOf(signal).filter(({ as }) => as !== 'extra' && as !== 'exportWindow' && as !== 'itemType');
  const special = ['Properties', 'Measurements', 'Details', 'customDimensions', 'customMeasurements', 'details'];
  const names = own.flatMap(({ name, workspace }) => (layout === 'query' ? [name] : [...workspace, name]));
  return [...new Set([...names, 'Undocumented', 'dotted.undocumented'])].filter((name) => !special.includes(name));
}

function special(making: Making, signal: Signal, layout: Layout): [string, Node][] {
  const inText = (node: Node, key: string): Node => {
    if (!oneIn(making.draw, 2)) return node;
    for (const [index, secret] of making.secrets.entries())
      if (secret.path[0] === key) making.secrets[index] = { ...secret, endsAt: 1, plain: false };
    return text(jsonOf(node));
  };
  const names =
    layout === 'query'
      ? ['customDimensions', 'customMeasurements', 'details']
      : ['Properties', 'Measurements', 'Details'];
  const [dims = '', measures = '', details = ''] = names;
  const found: [string, Node][] = [[JSON.stringify(dims), inText(dimensions(making, [dims]), dims)]];
  const measured = ['size', 'a/b'].map((name): [string, Node] => [
    JSON.stringify(name),
    text(fresh(making, [measures, name])),
  ]);
  found.push([JSON.stringify(measures), inText(object(...measured), measures)]);
  if (signal !== 'exceptions') return found;
  const fields = ['message', 'type', 'Message', 'rawStack', 'id'];
  const links = [1, 2].map(() =>
    object(...fields.map((field): [string, Node] => [JSON.stringify(field), text(fresh(making, [details, field]))])),
  );
  return [...found, [JSON.stringify(details), inText(array(...links), details)]];
}

function flatRecord(draw: Draw, signal: Signal, layout: Layout): SecretRecord {
  const making = makingOf(draw);
  const root = object(['"Type"', text(signalTables[signal].table)]);
  for (const name of namesOf(signal, layout)) if (!oneIn(draw, 4)) put(making, root, [name], true);
  root.members.push(...special(making, signal, layout));
  return finished(making, root);
}

function answerRow(draw: Draw, signal: Signal): SecretRecord {
  const making = makingOf(draw);
  const row = object();
  for (const name of namesOf(signal, 'query')) if (!oneIn(draw, 4)) put(making, row, [name], true);
  // A column stands once in an answer, and cells hold no keys of it.
  const once = new Map(
    [...row.members, ...special(making, signal, 'query')].map(([key, value]) => [String(JSON.parse(key)), value]),
  );
  const cells = [...once.values()].map((node) =>
    node.kind === 'text' ? node : oneIn(draw, 2) ? node : text(jsonOf(node)),
  );
  const line = jsonOf(array(...cells));
  const columns = [...once.keys()].map((name) => ({ name, type: 'string' }));
  return {
    line,
    columns,
    secrets: making.secrets.map((secret) => ({ ...secret, endsAt: 1 })).filter((secret) => line.includes(secret.text)),
  };
}

function finished(making: Making, root: ObjectNode): SecretRecord {
  if (oneIn(making.draw, 4)) root.members.push(['"UndocumentedLong"', long(making, ['UndocumentedLong'])]);
  if (oneIn(making.draw, 8)) root.members.push(['"UndocumentedMany"', object(...many(making, ['UndocumentedMany']))]);
  return { line: jsonOf(root), secrets: making.secrets, columns: [] };
}
