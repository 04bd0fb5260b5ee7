import { type FieldTree, folded } from '../../shared/engine/shaping/field-tree.ts';

/** What is left of a text, in pieces of it, and how far it has been read. */
interface Reading {
  readonly json: string;
  readonly kept: string[];
  at: number;
}

/**
 * A JSON text without what the tree hides, in pieces: what `scrubbed` does in SQL, for values of many megabytes. What
 * stays is as it was, to the letter, for it is cut out of the text. Text that is neither object nor array, or no JSON,
 * becomes null.
 */
export function scrubText(json: string, tree: FieldTree): readonly string[] {
  const reading: Reading = { json, kept: [], at: 0 };
  try {
    if (takeValue(reading, tree)) return reading.kept;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return ['null'];
}

/** Reads the value that comes next; keeps what may be seen of it. False: nothing. */
function takeValue(reading: Reading, tree: FieldTree): boolean {
  const opening = next(reading);
  if (opening === '{') members(reading, tree);
  else if (opening === '[') objects(reading, tree);
  else skip(reading);
  return opening === '{' || opening === '[';
}

function members(reading: Reading, { remove, keep, inside }: FieldTree): void {
  const { json, kept } = reading;
  let separator = '{';
  for (const _ of entries(reading, '}')) {
    const start = reading.at;
    const key = string(reading);
    if (next(reading) !== ':') throw new SyntaxError('no colon');
    reading.at++;
    const name = folded(String(JSON.parse(key)));
    const node = inside.get(name);
    const before = kept.length;
    kept.push(separator, node === undefined ? '' : `${key}:`);
    const seen = !remove.has(name) && keep?.has(name) !== false;
    const stays = node === undefined || !seen ? skip(reading) && seen : takeValue(reading, node);
    if (!stays) kept.length = before;
    else {
      if (node === undefined) kept.push(json.slice(start, reading.at));
      separator = ',';
    }
  }
  kept.push(separator === '{' ? '{}' : '}');
}

function objects(reading: Reading, tree: FieldTree): void {
  const { kept } = reading;
  let separator = '[';
  for (const _ of entries(reading, ']')) {
    if (next(reading) !== '{') skip(reading);
    else {
      kept.push(separator);
      members(reading, tree);
      separator = ',';
    }
  }
  kept.push(separator === '[' ? '[]' : ']');
}

/** Stands at each entry of an object or array in turn; who asks for the next has read it. */
function* entries(reading: Reading, closing: string): Generator<undefined> {
  reading.at++;
  if (next(reading) !== closing) {
    for (;;) {
      yield undefined;
      const byte = next(reading);
      if (byte === closing) break;
      if (byte !== ',') throw new SyntaxError('no comma');
      reading.at++;
      next(reading);
    }
  }
  reading.at++;
}

/** The letter that comes next, behind blanks. */
function next(reading: Reading): string {
  const { json } = reading;
  while (/^\s/.test(json.charAt(reading.at))) reading.at++;
  if (reading.at >= json.length) throw new SyntaxError('no end');
  return json.charAt(reading.at);
}

function string(reading: Reading): string {
  const { json, at } = reading;
  if (json.charAt(at) !== '"') throw new SyntaxError('no key');
  for (let from = at + 1; ; ) {
    const quote = json.indexOf('"', from);
    if (quote < 0) throw new SyntaxError('no quote');
    let slashes = 0;
    while (json.charAt(quote - 1 - slashes) === '\\') slashes++;
    from = quote + 1;
    if (slashes % 2 === 1) continue;
    reading.at = from;
    return json.slice(at, from);
  }
}

/** Passes over the value that comes next. */
function skip(reading: Reading): true {
  const stops = /["{}[\],]/g;
  let depth = 0;
  next(reading);
  for (;;) {
    stops.lastIndex = reading.at;
    const found = stops.exec(reading.json);
    const sign = found?.[0] ?? '';
    if (depth === 0 && (sign === '' || sign === ',' || sign === '}' || sign === ']')) {
      reading.at = found?.index ?? reading.json.length;
      return true;
    }
    if (found === null) throw new SyntaxError('no end');
    reading.at = found.index + (sign === '"' ? 0 : 1);
    if (sign === '"') string(reading);
    else if (sign !== ',') depth += sign === '{' || sign === '[' ? 1 : -1;
    if (depth === 0) return true;
  }
}
