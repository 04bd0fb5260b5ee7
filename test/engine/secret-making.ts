import type { GeneratorValue } from 'fast-check';
import fc from '../seeds.ts';
import { array, escaped, jsonOf, type Node, type ObjectNode, object, otherCase, text } from './secret-text.ts';

/** A text or number that stands nowhere else, and where it stands in its record. */
export interface Secret {
  /** Keys from the root, as the tables spell them; arrays are passed through. */
  readonly path: readonly string[];
  readonly text: string;
  /** Columns may make another number of it. */
  readonly isNumber: boolean;
  /** It is the last key of the path itself. */
  readonly isKey: boolean;
  /** So many keys lead to something that is no object: text, or an array in an array. */
  readonly endsAt: number;
  /** A string right where the path says, once, in the first element: a text column takes it as it is. */
  readonly plain: boolean;
}

export type Draw = GeneratorValue;
export const oneIn = (draw: Draw, n: number): boolean => draw(fc.integer, { min: 0, max: n - 1 }) === n - 1;
export const oneOf = <T>(draw: Draw, values: readonly T[]): T => values[draw(fc.nat, { max: values.length - 1 })] as T;

const WAYS = ['plain', 'plain', 'plain', 'case', 'escaped', 'list', 'objects', 'object', 'nested', 'twice'] as const;
/** So long that the line takes the slow way; values are taken out of lines from 32 KiB on. */
const LONG = 300_000;

export interface Making {
  readonly draw: Draw;
  readonly secrets: Secret[];
  /** Every column gets what it takes, so that the record is not in `extra` whole. */
  readonly fitting: boolean;
  count: number;
}

export const makingOf = (draw: Draw): Making => ({ draw, secrets: [], fitting: oneIn(draw, 2), count: 0 });

/** What columns take that are no text. */
const FITTING: readonly (readonly [name: RegExp, value: unknown])[] = [
  [/^(eventTime|time|TimeGenerated|timestamp)$/i, '2026-11-21T03:12:00.1234567Z'],
  [/^(success|result)$/i, true],
  [/^(severityLevel|count|samplingRate)$/i, 2],
];
const NUMBERS = /^(value\w*|min|max|stdDev|sum|sampledValue|itemCount|size|\w*duration(Ms)?)$/i;

export function fresh(making: Making, path: readonly string[], more: Partial<Secret> = {}): string {
  const word = `secret${making.count++}.`;
  making.secrets.push({ path, text: word, isNumber: false, isKey: false, endsAt: path.length, plain: false, ...more });
  return word;
}

function freshNumber(making: Making, path: readonly string[]): number {
  const number = 1_234_500_001 + 10 * making.count++;
  making.secrets.push({ path, text: String(number), isNumber: true, isKey: false, endsAt: path.length, plain: false });
  return number;
}

/** Puts one secret or several under a key of the object, in one of the ways that records have, or could have. */
export function put(making: Making, into: ObjectNode, path: readonly string[], plain: boolean): void {
  const key = path.at(-1) ?? '';
  const fitting = making.fitting && FITTING.find(([name]) => name.test(key));
  if (fitting) return void into.members.push([JSON.stringify(key), text(fitting[1])]);
  if (making.fitting && NUMBERS.test(key))
    return void into.members.push([JSON.stringify(key), text(freshNumber(making, path))]);
  const way = making.fitting && !oneIn(making.draw, 40) ? 'plain' : oneOf(making.draw, WAYS);
  const value = (at = path, more: Partial<Secret> = {}) => text(fresh(making, at, more));
  const inner = (): Node => {
    const name = `key${making.count++}.`;
    const at = [...path, name];
    making.secrets.push({ path: at, text: name, isNumber: false, isKey: true, endsAt: at.length, plain: false });
    return object([JSON.stringify(name), value(at)]);
  };
  const spelled =
    way === 'case' ? JSON.stringify(otherCase(key)) : way === 'escaped' ? escaped(key) : JSON.stringify(key);
  const nodes: Record<typeof way, () => Node[]> = {
    plain: () => [value(path, { plain })],
    case: () => [value()],
    escaped: () => [value()],
    list: () => [array(value(), value())],
    objects: () => [array(inner(), inner())],
    object: () => [inner()],
    nested: () => [array(array(value()))],
    twice: () => [value(), value()],
  };
  for (const node of nodes[way]()) into.members.push([spelled, node]);
}

/** Makes something else of a group: an object in a list, a list in a list, JSON as text. */
export function bend(making: Making, parent: ObjectNode, path: readonly string[]): void {
  const key = JSON.stringify(path.at(-1));
  const member = parent.members.find(([name]) => name === key);
  if (member === undefined || !oneIn(making.draw, making.fitting ? 40 : 8)) return;
  const way = oneOf(making.draw, ['list', 'nested', 'text'] as const);
  member[1] = way === 'list' ? array(member[1]) : way === 'nested' ? array(array(member[1])) : text(jsonOf(member[1]));
  for (const [index, secret] of making.secrets.entries()) {
    if (!path.every((step, at) => step === secret.path[at])) continue;
    making.secrets[index] = {
      ...secret,
      plain: false,
      endsAt: way === 'list' ? secret.endsAt : Math.min(secret.endsAt, path.length),
    };
  }
}

export const long = (making: Making, path: readonly string[]): Node => {
  const length = oneOf(making.draw, [40_000, LONG]);
  return text(`${fresh(making, path)}${'x'.repeat(length)}${fresh(making, path)}`);
};

/** None of them long, and all together too long for a line. */
export const many = (making: Making, at: readonly string[]): [string, Node][] =>
  Array.from({ length: 300 }, (_, n) => [
    `"many${n}"`,
    text(`${fresh(making, [...at, `many${n}`])}${'x'.repeat(1000)}`),
  ]);
