import { crc32, deflateRawSync } from 'node:zlib';

export interface ZipEntry {
  /** With slashes, without one at either end. */
  readonly name: string;
  readonly content: Uint8Array;
}

/**
 * 1980-01-01 00:00, the first date that the format knows: the same files make the same archive, whenever it is made.
 */
const date = 0x0021;
const [version, utf8, deflated] = [20, 0x0800, 8];
/** Made on Unix; a plain file that everybody may read. */
const [madeBy, mode] = [(3 << 8) | version, (0o100644 << 16) >>> 0];
/** Where the format needs its 64-bit extension, which is not written here. */
const [mostEntries, mostBytes] = [0xffff, 0xffffffff];

/**
 * A ZIP archive of these files, ordered by name. Equal files give equal bytes (with one version of Node). Throws beyond
 * 4 GB or 65,535 files.
 */
export function zipOf(entries: readonly ZipEntry[]): Buffer {
  const ordered = entries.toSorted((one, other) => (one.name < other.name ? -1 : 1));
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const { name, content } of ordered) {
    const packed = deflateRawSync(content, { level: 9 });
    const path = Buffer.from(name);
    const facts = numbers(
      [2, version],
      [2, utf8],
      [2, deflated],
      [2, 0],
      [2, date],
      [4, crc32(content)],
      [4, packed.length],
    ).concat(numbers([4, content.length], [2, path.length], [2, 0]));
    const record = Buffer.concat([Buffer.from('PK\x03\x04'), ...facts, path, packed]);
    const rest = numbers([2, 0], [2, 0], [2, 0], [4, mode], [4, offset]);
    central.push(Buffer.concat([Buffer.from('PK\x01\x02'), ...numbers([2, madeBy]), ...facts, ...rest, path]));
    local.push(record);
    offset += record.length;
  }
  const size = central.reduce((sum, { length }) => sum + length, 0);
  if (ordered.length > mostEntries || offset + size > mostBytes) throw new Error('zip: more than 65,535 files or 4 GB');
  const end = numbers([2, 0], [2, 0], [2, ordered.length], [2, ordered.length], [4, size], [4, offset], [2, 0]);
  return Buffer.concat([...local, ...central, Buffer.from('PK\x05\x06'), ...end]);
}

/** Little-endian numbers of two or four bytes. */
function numbers(...fields: readonly (readonly [bytes: 2 | 4, value: number])[]): Buffer[] {
  return fields.map(([bytes, value]) => {
    const buffer = Buffer.alloc(bytes);
    buffer.writeUIntLE(value, 0, bytes);
    return buffer;
  });
}
