/** How bytes begin that are packed. Brotli begins as anything may: of it only the header tells. */
const BEGINS: readonly (readonly [name: string, ...hex: readonly string[]])[] = [
  ['gzip', '1f8b'],
  ['zstd', '28b52ffd'],
  ['deflate', '7801', '785e', '789c', '78da'],
];

/** The word has two spellings, in any case (RFC 9110). */
export const isGzip = (encoding: string): boolean => /^\s*(x-)?gzip\s*$/i.test(encoding);

/** How a body is packed that nobody unpacks, by its `content-encoding`; '': it says nothing of the kind. */
export const packedAs = (encoding: string): string => {
  const said = encoding
    .toLowerCase()
    .replaceAll(/[^\w, -]/g, '')
    .trim()
    .slice(0, 40);
  return said === '' || said === 'identity' || isGzip(encoding) ? '' : `packed as ${said}, and only gzip was asked for`;
};

/** The same of one that begins like this; '': it is not packed, as far as can be told. */
export function packingOf(encoding: string, begins: Uint8Array): string {
  const hex = Buffer.from(begins).toString('hex');
  const name = BEGINS.find(([, ...each]) => each.some((begin) => hex.startsWith(begin)))?.[0];
  const said = packedAs(encoding);
  if (said !== '' || name === undefined) return said;
  return isGzip(encoding) ? `packed twice: ${name} within gzip` : `packed as ${name}, and its header does not say so`;
}
