/**
 * Where the bytes of a blob went, worked out without the code that is tested: what is not in quarantine must be whole
 * JSON documents, and between them nothing but white space, commas, byte order marks and the brackets of wrappers.
 */

export interface Stretch {
  readonly offset: number;
  readonly length: number;
}

const isSpace = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
const WRAPPER = /^\{[ \t\r\n]*(?="records"[ \t\r\n]*:[ \t\r\n]*\[)/;
const RECORDS = /^"records"[ \t\r\n]*:[ \t\r\n]*\[/;

/** The documents outside of these stretches, as they stand. Throws where bytes are in neither, or in two stretches. */
export function documentsBeside(bytes: Buffer, stretches: readonly Stretch[]): string[] {
  const documents: string[] = [];
  let from = 0;
  for (const { offset, length } of [...stretches].sort((one, other) => one.offset - other.offset)) {
    if (offset < from) throw new Error(`byte ${offset} is twice in quarantine`);
    documents.push(...documentsIn(bytes.subarray(from, offset), from));
    from = offset + length;
  }
  return [...documents, ...documentsIn(bytes.subarray(from), from)];
}

function documentsIn(bytes: Buffer, offset: number): string[] {
  const found: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const rest = bytes.subarray(at);
    const text = rest.subarray(0, 200).toString('latin1');
    const head = (WRAPPER.exec(text) ?? RECORDS.exec(text))?.[0].length ?? 0;
    if (head > 0) at += head;
    else if (rest[0] === 0x7b) {
      const length = objectLength(rest);
      if (length > 0) found.push(rest.subarray(0, length).toString('utf8'));
      // The brace of a wrapper whose other members are in quarantine stands alone.
      else if (text.trimEnd() !== '{') throw new Error(`lost at byte ${offset + at}: ${text}`);
      at += Math.max(length, 1);
    } else if (isSpace(rest[0]) || [0x2c, 0x5b, 0x5d, 0x7d].includes(rest[0] ?? 0)) at += 1;
    else if (rest[0] === 0xef && rest[1] === 0xbb && rest[2] === 0xbf) at += 3;
    else throw new Error(`lost at byte ${offset + at}: ${text}`);
  }
  return found;
}

/** How long the object is that the bytes start with; 0 when they hold no whole one. */
function objectLength(bytes: Buffer): number {
  let [depth, inText] = [0, false];
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (inText) {
      if (byte === 0x5c) at += 1;
      else if (byte === 0x22) inText = false;
    } else if (byte === 0x22) inText = true;
    else if (byte === 0x7b || byte === 0x5b) depth += 1;
    else if ((byte === 0x7d || byte === 0x5d) && --depth === 0) return isJson(bytes.subarray(0, at + 1)) ? at + 1 : 0;
  }
  return 0;
}

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
    return true;
  } catch {
    return false;
  }
}

/** Values that become something else in their column: times, words for numbers, sums over items. */
const CONVERTED = new RegExp(
  [
    '(^|\\.)(time|TimeGenerated|eventTime|[Tt]ype|[Cc]ategory|[Ss]everityLevel|[Ss]uccess|result|ItemCount|count)$',
    '^(request|remoteDependency|view|availability|clientPerformance)\\.\\w+\\.value$',
    '^context\\.custom\\.metrics\\.',
  ].join('|'),
);

/** The texts and numbers of a row, how often each occurs. JSON in a text counts as JSON. */
export function countValues(
  value: unknown,
  counts: Map<string, number>,
  skip = (_path: string) => false,
  path = '',
): Map<string, number> {
  if (typeof value === 'object' && value !== null) {
    for (const [key, each] of Object.entries(value))
      countValues(each, counts, skip, Array.isArray(value) ? path : `${path}${path && '.'}${key}`);
  } else if (typeof value === 'string' && /^\s*[{["]/.test(value) && isJson(Buffer.from(value)))
    countValues(JSON.parse(value), counts, skip, path);
  else if ((typeof value === 'string' && value !== '') || typeof value === 'number') {
    if (!skip(path)) counts.set(keyOf(value), (counts.get(keyOf(value)) ?? 0) + 1);
  }
  return counts;
}

/** The same of a record, without those that a column converts. */
export const countOriginals = (record: unknown, counts: Map<string, number>) =>
  countValues(record, counts, (path) => CONVERTED.test(path));

/**
 * A number in a column of texts, or the other way round, is the same value. Lone halves of surrogate pairs cannot be
 * kept.
 */
const keyOf = (value: string | number): string => (typeof value === 'number' ? String(value) : value.toWellFormed());

/** What occurs more often in `records` than in `rows`. */
export function missingValues(records: ReadonlyMap<string, number>, rows: ReadonlyMap<string, number>): string[] {
  return [...records]
    .filter(([key, count]) => (rows.get(key) ?? 0) < count)
    .map(([key, count]) => `${key}: ${rows.get(key) ?? 0} of ${count}`);
}
