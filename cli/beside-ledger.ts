import { ownerFate, ownerWord } from '../shared/lake/folder-owner.ts';
import type { ObjectStore, Output } from '../shared/model.ts';
import { usage } from './failure.ts';

/** What the command line keeps in the lake beside its ledger: two small documents. */
const outputName = '_insights-lake/output.json';
const ownerName = '_insights-lake/owner';

/**
 * A lake has one format and one template: files of windows that are done would not be written again in another one, and those of
 * windows that run again would lie beside the old. Writes down what the lake's first run chose; throws Failure when it was another.
 */
export async function agreeOnOutput(lake: ObjectStore, output: Output): Promise<void> {
  for (;;) {
    const known = await textOf(lake, outputName);
    if (known === undefined) {
      if ((await put(lake, outputName, JSON.stringify(output, null, 2), undefined)) !== undefined) return;
      continue; // another process was first
    }
    const first = outputIn(known.text, lake);
    const other = (['format', 'gzip', 'partition', 'path'] as const).find((key) => first[key] !== output[key]);
    if (other === undefined) return;
    throw usage(
      `${lake.place} was written with ${flag(other, first[other])}, not ${flag(other, output[other])}; say the same again, or choose another --out`,
    );
  }
}

function outputIn(text: string, lake: ObjectStore): Partial<Output> {
  try {
    return JSON.parse(text) as Partial<Output>;
  } catch (cause) {
    throw new Error(`read ${outputName} in ${lake.place}: it is no JSON document; remove it when the lake is empty`, { cause });
  }
}

const flag = (key: keyof Output, value: string | boolean | undefined): string => {
  if (value === true) return `--${key}`;
  return value === false ? `no --${key}` : `--${key} ${value}`;
};

/**
 * Whether the command that last worked on this lake has died: then nobody holds its claims, and their leases need not be waited for.
 * From another machine that cannot be seen, and counts as no. Being wrong costs work and never rows: the protocol decides by revision.
 */
export async function lastOwnerDied(lake: ObjectStore): Promise<boolean> {
  const last = await textOf(lake, ownerName);
  await put(lake, ownerName, ownerWord(), last?.etag); // a lost race: another command has begun, and its word will do
  return last !== undefined && ownerFate(last.text.trim()) === 'dead';
}

const put = (lake: ObjectStore, name: string, text: string, etag: string | undefined): Promise<string | undefined> =>
  lake.put(name, new TextEncoder().encode(`${text}\n`), etag);

/** Undefined when there is none. A document that is replaced meanwhile is read again. */
async function textOf(lake: ObjectStore, name: string): Promise<{ readonly text: string; readonly etag: string } | undefined> {
  for (;;) {
    const etag = await lake.head(name);
    if (etag === undefined) return undefined;
    try {
      const pieces: Uint8Array[] = [];
      for await (const piece of lake.read(name, { start: 0, end: Number.POSITIVE_INFINITY, etag })) pieces.push(piece);
      return { text: Buffer.concat(pieces).toString('utf8'), etag };
    } catch (error) {
      if ((await lake.head(name)) === etag) throw error;
    }
  }
}
