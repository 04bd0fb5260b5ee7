/**
 * Blobs made of real records, in any framing, and damaged in every way that issue 4 names: cut, flipped, concatenated,
 * re-encoded.
 */
import fc from '../seeds.ts';
import { RECORDS } from './records.ts';

type Mutation = readonly ['cut' | 'flip' | 'insert' | 'copy', at: number, value: number];

function mutate(bytes: Buffer, mutations: readonly Mutation[]): Buffer {
  let result = Buffer.from(bytes);
  for (const [how, where, value] of mutations) {
    const at = where % Math.max(result.length, 1);
    const rest = result.subarray(at);
    const next = { cut: rest.subarray(value % 100), flip: rest, insert: rest, copy: rest }[how];
    const between = { cut: [], flip: [], insert: [value & 0xff], copy: [...result.subarray(at, at + value)] }[how];
    result = Buffer.concat([result.subarray(0, at), Buffer.from(between), next]);
    if (how === 'flip' && at < result.length) result[at] = (result[at] ?? 0) ^ (1 << (value & 7));
  }
  return result;
}

const ENCODINGS = ['utf8', 'utf16le', 'latin1'] as const;
const SEPARATORS = ['\n', '\r\n', '', ' ', '\n\n', ',\n', '\ufeff'];
const WRAPS = [
  ['', ''],
  ['[', ']'],
  ['{"records":[', ']}'],
  ['{"x":"y","records": [\n', '\n], "z":null}\n'],
] as const;

/** Blobs of some of these records. */
export const blobsOf = (records: readonly string[]) =>
  fc.record({
    records: fc.array(fc.constantFrom(...records), { minLength: 1, maxLength: 5 }),
    pretty: fc.boolean(),
    separator: fc.constantFrom(...SEPARATORS),
    wrap: fc.constantFrom(...WRAPS),
    encoding: fc.oneof(
      { weight: 8, arbitrary: fc.constant('utf8' as const) },
      { weight: 1, arbitrary: fc.constantFrom(...ENCODINGS) },
    ),
    mutations: fc.array(fc.tuple(fc.constantFrom('cut', 'flip', 'insert', 'copy'), fc.nat(), fc.nat(400)), {
      maxLength: 6,
    }),
    cuts: fc.array(fc.nat(20_000), { maxLength: 8 }),
  });

export const blobs = blobsOf(RECORDS);

export type MutatedBlob = typeof blobs extends fc.Arbitrary<infer T> ? T : never;

export function bytesOf({ records, pretty, separator, wrap, encoding, mutations }: MutatedBlob): Buffer {
  const texts = pretty ? records.map((record) => JSON.stringify(JSON.parse(record), null, 2)) : records;
  const glue = wrap[0] !== '' && !separator.includes(',') ? `,${separator}` : separator;
  return mutate(Buffer.from(wrap[0] + texts.join(glue) + wrap[1], encoding), mutations);
}
