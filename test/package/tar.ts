import { gzipSync } from 'node:zlib';

/** A gzipped tar of files, as npm's registry hands out packages: all below `package/`. */
export function tarOf(files: readonly { readonly path: string; readonly content: Buffer }[]): Buffer {
  const parts = files.flatMap(({ path, content }) => {
    const padding = Buffer.alloc((512 - (content.length % 512)) % 512);
    return [headerOf(`package/${path}`, content.length), content, padding];
  });
  return gzipSync(Buffer.concat([...parts, Buffer.alloc(1024)]), { level: 1 });
}

/** A header of ustar: 100 characters of name, and up to 155 of folders before it. */
function headerOf(path: string, size: number): Buffer {
  const header = Buffer.alloc(512);
  const cut = path.length <= 100 ? -1 : path.indexOf('/', path.length - 101);
  if (cut > 155 || Buffer.byteLength(path) !== path.length) throw new Error(`tar: ${path} does not fit`);
  header.write(path.slice(cut + 1), 0, 'latin1');
  header.write(path.slice(0, Math.max(cut, 0)), 345, 'latin1');
  const numbers = [
    ['0000644', 100],
    ['0000000', 108],
    ['0000000', 116],
    [size.toString(8).padStart(11, '0'), 124],
    ['00000000000', 136],
  ] as const;
  for (const [text, at] of numbers) header.write(text, at, 'latin1');
  header.write('        0', 148, 'latin1'); // the sum counts itself as blanks; 0: a file
  header.write('ustar\u000000', 257, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}
