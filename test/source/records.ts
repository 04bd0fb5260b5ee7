/** Real records as blobs hold them, for the tests of this folder. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createFramer } from '../../shared/framing/framer.ts';
import type { Chunk } from '../../shared/model.ts';

export const CORPUS: readonly { readonly name: string; readonly bytes: Buffer }[] = [
  'continuous-export',
  'diagnostic-settings/dtpath',
  'diagnostic-settings/otel',
].flatMap((folder) => {
  const path = join(import.meta.dirname, '../corpus', folder);
  const names = readdirSync(path).filter((name) => name.endsWith('.json'));
  return names.map((name) => ({ name: `${folder}/${name}`, bytes: readFileSync(join(path, name)) }));
});

/** One line each. */
export const RECORDS: readonly string[] = CORPUS.flatMap(({ bytes }) => {
  const framer = createFramer();
  const texts = [framer.feed(bytes), framer.end()].map((found) =>
    [...found].map((each) => Buffer.from(each.bytes).toString()),
  );
  return texts.flat().map((text) => text.replace(/\s+/g, ' '));
});

/** The lines of a chunk, without blank ones. */
export function linesOf(chunk: Chunk): string[] {
  const lines = Buffer.from(chunk.bytes).toString().split('\n');
  return lines.filter((line) => line.trim() !== '');
}
