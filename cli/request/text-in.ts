import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** By their byte order marks; Windows PowerShell writes UTF-16 where a command's output is sent to a file (`>`). */
const marks: readonly (readonly [mark: readonly number[], encoding: string])[] = [
  [[0xff, 0xfe], 'utf-16le'],
  [[0xfe, 0xff], 'utf-16be'],
];

/** The text of a file that a person made, without its byte order mark. */
export function textIn(file: string): string {
  const bytes = readFileSync(resolve(file));
  const encoding = marks.find(([mark]) => mark.every((byte, n) => bytes[n] === byte))?.[1];
  return new TextDecoder(encoding).decode(bytes);
}
