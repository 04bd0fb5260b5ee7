import { eat, startValue, type Take, type Value } from './value.ts';

/**
 * What to do with the value at a path: go into it, parse it whole, or hand on its bytes as a row. Others are passed
 * over.
 */
export type Action = 'enter' | 'parse' | 'row';

/** Paths are spelled `$.tables[].rows`, keys in lower case. */
export interface Visitor {
  /** Undefined: it is passed over. */
  action(path: string): Action | undefined;
  entered(path: string): void;
  left(path: string): void;
  /** Also a row that is an object, whole. */
  parsed(path: string, value: unknown): void;
  /** A row begins: where its bytes go, without white space between tokens; undefined to pass over it. */
  rowBegins(): Take | undefined;
  rowEnds(cells: number): void;
}

export interface Scanner {
  /**
   * Takes the next bytes of the document, cut anywhere. Throws a RangeError where it is not JSON of the expected shape.
   */
  push(bytes: Uint8Array): void;
  /** Whether the document has come to its first bracket. */
  begun(): boolean;
  /** Whether the document has come to its end. */
  whole(): boolean;
}

/**
 * What may come next: an entry or the close; an entry; the colon behind a key; the value behind that; a comma or the
 * close.
 */
type Expect = 'first' | 'entry' | 'colon' | 'value' | 'after';

const SPACES = new Set(Buffer.from(' \n\r\t'));
const BOM = [0xef, 0xbb, 0xbf];
/** Parsed values are held in memory; column lists and errors are a few kilobytes. */
const LONGEST_PARSED = 8 * 1024 * 1024;
const [QUOTE, COLON, COMMA, BRACE, BRACKET] = [0x22, 0x3a, 0x2c, 0x7b, 0x5b];

/**
 * Walks through a JSON document that comes in pieces and holds none of it. What is entered is checked strictly; in rows
 * and in what is passed over only strings and nesting are.
 */
export function createScanner(visitor: Visitor): Scanner {
  const open: { readonly path: string; readonly byte: number }[] = [];
  let path = '$';
  let expect: Expect = 'value';
  let position = 0;
  let value: Value | undefined;
  let valueEnds: () => void = () => {};

  function readValue(take: Take | undefined, ends: (value: Value) => void): void {
    const started = startValue(take);
    value = started;
    valueEnds = () => ends(started);
  }

  function readParsed(ends: (parsed: unknown) => void): void {
    const pieces: Uint8Array[] = [];
    let size = 0;
    const take: Take = (from, start, end) => {
      size += end - start;
      if (size > LONGEST_PARSED) throw new RangeError('a name, list of columns or error of more than 8 MiB');
      pieces.push(from.slice(start, end));
    };
    readValue(take, () => ends(parseJson(pieces)));
  }

  /** A value begins with this byte. True when the byte is used up: a list or object to go into. */
  function valueBegins(byte: number): boolean {
    const here = path;
    const action = visitor.action(here);
    const after = (): void => {
      expect = 'after';
    };
    if (action === 'enter' && (byte === BRACE || byte === BRACKET)) {
      open.push({ path: here, byte });
      if (byte === BRACKET) path = `${here}[]`;
      expect = 'first';
      visitor.entered(here);
      return true;
    }
    if (action === 'parse' || (action === 'row' && byte === BRACE)) {
      readParsed((parsed) => {
        after();
        visitor.parsed(here, parsed);
      });
    } else if (action === 'row') {
      if (byte !== BRACKET) throw new RangeError('a row that is no list');
      let size = 0;
      const take = visitor.rowBegins();
      const counting: Take = (from, start, end) => {
        size += end - start;
        take?.(from, start, end);
      };
      readValue(counting, (row) => {
        after();
        visitor.rowEnds(size === 2 ? 0 : row.commas + 1);
      });
    } else readValue(undefined, after);
    return false;
  }

  /** One byte between values. True when it is used up. */
  function step(byte: number): boolean {
    const inside = open.at(-1);
    if (SPACES.has(byte)) return true;
    if (inside === undefined) {
      if (expect !== 'value') throw new RangeError('more behind the end');
      if (byte === BOM[position]) return true;
      if (byte !== BRACE) throw new RangeError('no JSON object');
      return valueBegins(byte);
    }
    // A closing bracket is two code points behind its opening one, in ASCII.
    if (byte === inside.byte + 2 && (expect === 'first' || expect === 'after')) {
      open.pop();
      path = inside.path;
      expect = 'after';
      visitor.left(inside.path);
      return true;
    }
    if (expect === 'value') return valueBegins(byte);
    if (expect === 'colon' || expect === 'after') {
      if (byte !== (expect === 'colon' ? COLON : COMMA))
        throw new RangeError(`no ${expect === 'colon' ? 'colon' : 'comma'}`);
      expect = expect === 'colon' ? 'value' : 'entry';
      return true;
    }
    if (inside.byte === BRACKET) {
      path = `${inside.path}[]`;
      return valueBegins(byte);
    }
    if (byte !== QUOTE) throw new RangeError('no key');
    readParsed((key) => {
      path = `${inside.path}.${String(key).toLowerCase()}`;
      expect = 'colon';
    });
    return false;
  }

  function push(bytes: Uint8Array): void {
    const before = position;
    let at = 0;
    try {
      while (at < bytes.length) {
        if (value === undefined) {
          position = before + at;
          if (step(bytes[at] as number)) at++;
          continue;
        }
        at = eat(value, bytes, at);
        if (!value.whole) continue;
        value = undefined;
        valueEnds();
      }
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new RangeError(`${error.message}, near byte ${before + at}`);
    }
    position = before + bytes.length;
  }

  return {
    push,
    begun: () => open.length > 0 || expect === 'after',
    whole: () => open.length === 0 && expect === 'after',
  };
}

function parseJson(pieces: readonly Uint8Array[]): unknown {
  try {
    return JSON.parse(Buffer.concat(pieces).toString('utf8'));
  } catch {
    throw new RangeError('a name, list of columns or error that is not JSON');
  }
}
