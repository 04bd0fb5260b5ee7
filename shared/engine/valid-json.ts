const [QUOTE, BACKSLASH, COMMA, COLON, U] = [0x22, 0x5c, 0x2c, 0x3a, 0x75];
const [OBJECT, ARRAY] = [0x7b, 0x5b];
const BLANKS = new Set(Buffer.from(' \t\r\n'));
const ENDS = new Set(Buffer.from(' \t\r\n,]}'));
const ESCAPED = new Set(Buffer.from('"\\/bfnrt'));
const SCALAR = /^(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)$/;

/**
 * Whether bytes (which are UTF-8) are one JSON value, as strictly as DuckDB sees it (half a surrogate pair is none), but for NaN and
 * Infinity, which it takes. Holds none of it in memory, however long it is.
 */
export function isJson(bytes: Buffer): boolean {
  const open: number[] = [];
  let [at, expect]: [number, 'value' | 'first' | 'key' | 'colon' | 'after'] = [0, 'value'];
  for (; at < bytes.length; ) {
    const byte = bytes[at] ?? 0;
    if (BLANKS.has(byte)) {
      at++;
      continue;
    }
    const inside = open.at(-1);
    // A closing bracket is two code points behind its opening one, in ASCII.
    if (inside !== undefined && byte === inside + 2 && (expect === 'after' || expect === 'first')) {
      open.pop();
      [at, expect] = [at + 1, 'after'];
    } else if (expect === 'after') {
      if (byte !== COMMA || inside === undefined) return false;
      [at, expect] = [at + 1, inside === OBJECT ? 'key' : 'value'];
    } else if (expect === 'colon') {
      if (byte !== COLON) return false;
      [at, expect] = [at + 1, 'value'];
    } else if (expect === 'key' || (expect === 'first' && inside === OBJECT)) {
      [at, expect] = [byte === QUOTE ? stringEnd(bytes, at) : -1, 'colon'];
    } else if (byte === OBJECT || byte === ARRAY) {
      open.push(byte);
      [at, expect] = [at + 1, 'first'];
    } else [at, expect] = [byte === QUOTE ? stringEnd(bytes, at) : scalarEnd(bytes, at), 'after'];
    if (at < 0) return false;
  }
  return open.length === 0 && expect === 'after';
}

/** The index behind the string that starts at `start`; -1 when it is none. */
function stringEnd(bytes: Buffer, start: number): number {
  for (let at = start + 1; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) return at + 1;
    if (byte < 0x20) return -1;
    if (byte !== BACKSLASH) continue;
    const end = escapeEnd(bytes, at);
    if (end < 0) return -1;
    at = end - 1;
  }
  return -1;
}

function escapeEnd(bytes: Buffer, at: number): number {
  if (bytes[at + 1] !== U) return ESCAPED.has(bytes[at + 1] ?? 0) ? at + 2 : -1;
  const unit = unitAt(bytes, at);
  if (unit < 0 || (unit >= 0xdc00 && unit < 0xe000)) return -1;
  if (unit < 0xd800 || unit >= 0xe000) return at + 6;
  const low = bytes[at + 6] === BACKSLASH && bytes[at + 7] === U ? unitAt(bytes, at + 6) : -1;
  return low >= 0xdc00 && low < 0xe000 ? at + 12 : -1;
}

/** The number behind `\u`; -1 when there is none. */
function unitAt(bytes: Buffer, at: number): number {
  const digits = bytes.toString('latin1', at + 2, at + 6);
  return /^[0-9a-fA-F]{4}$/.test(digits) ? Number.parseInt(digits, 16) : -1;
}

function scalarEnd(bytes: Buffer, start: number): number {
  let end = start;
  while (end < bytes.length && !ENDS.has(bytes[end] ?? 0)) end++;
  return SCALAR.test(bytes.toString('latin1', start, end)) ? end : -1;
}
