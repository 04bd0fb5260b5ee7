import type { ObjectStore, Output } from '../shared/model.ts';
import { usage } from './failure.ts';

/** How the files of a lake look, beside its ledger. */
const name = '_insights-lake/output.json';

/**
 * A lake has one format and one template: files of windows that are done would not be written again in another one, and those of
 * windows that run again would lie beside the old. Writes down what the lake's first run chose; throws Failure when it was another.
 */
export async function agreeOnOutput(lake: ObjectStore, output: Output): Promise<void> {
  for (;;) {
    const etag = await lake.head(name);
    if (etag === undefined) {
      const text = `${JSON.stringify(output, null, 2)}\n`;
      if ((await lake.put(name, new TextEncoder().encode(text), undefined)) !== undefined) return;
      continue; // another process was first
    }
    const known = JSON.parse(await textOf(lake, etag)) as Output;
    const other = (['format', 'gzip', 'partition', 'path'] as const).find((key) => known[key] !== output[key]);
    if (other === undefined) return;
    throw usage(
      `${lake.place} was written with ${flag(other, known[other])}, not ${flag(other, output[other])}; say the same again, or choose another --out`,
    );
  }
}

const flag = (key: keyof Output, value: string | boolean): string => {
  if (value === true) return `--${key}`;
  return value === false ? `no --${key}` : `--${key} ${value}`;
};

async function textOf(lake: ObjectStore, etag: string): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of lake.read(name, { start: 0, end: Number.POSITIVE_INFINITY, etag })) pieces.push(piece);
  return Buffer.concat(pieces).toString('utf8');
}
