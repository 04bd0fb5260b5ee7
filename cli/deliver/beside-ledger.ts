import { ownerFate, ownerWord } from '../../shared/lake/folder-owner.ts';
import type { ObjectStore, Output } from '../../shared/model.ts';
import { readText } from '../../shared/pure/read-text.ts';
import { signals } from '../../shared/signals/tables.ts';
import { usage } from '../failure.ts';
import type { ShapeMarks } from './shape-marks.ts';

/** What the command line keeps in the lake beside its ledger: two small documents. */
const outputName = '_insights-lake/output.json';
const ownerName = '_insights-lake/owner';

/** What the first command chose for its lake. A lake that was made before there was `--shape` has none. */
interface Chosen extends Output {
  readonly shape?: ShapeMarks;
}

/**
 * A lake has one format, one template and one shaping: files of windows that are done would not be written again in
 * another one, and those of windows that run again would lie beside the old. Writes down what the lake's first run
 * chose; throws Failure when it was another.
 */
export async function agreeOnOutput(lake: ObjectStore, output: Output, shape: ShapeMarks): Promise<void> {
  for (;;) {
    const known = await readText(lake, outputName);
    if (known === undefined) {
      if (
        (await put(lake, outputName, JSON.stringify({ ...output, shape } satisfies Chosen, null, 2), undefined)) !==
        undefined
      )
        return;
      continue; // another process was first
    }
    const first = outputIn(known.value, lake);
    const other = (['table', 'format', 'gzip', 'partition', 'path'] as const).find((key) => first[key] !== output[key]);
    const [was, is] =
      other === undefined
        ? shapeWords(first.shape ?? {}, shape)
        : [`with ${flag(other, first[other])}`, flag(other, output[other])];
    if (was === '') return;
    throw usage(`${lake.place} was written ${was}, not ${is}; say the same again, or choose another --out`);
  }
}

/** What the lake's first command chose; undefined where the command line has made none there. */
export async function chosenOutput(lake: ObjectStore): Promise<Partial<Output> | undefined> {
  const known = await readText(lake, outputName);
  return known && outputIn(known.value, lake);
}

function outputIn(text: string, lake: ObjectStore): Partial<Chosen> {
  try {
    return JSON.parse(text) as Partial<Chosen>;
  } catch (cause) {
    throw new Error(`read ${outputName} in ${lake.place}: it is no JSON document; remove it when the lake is empty`, {
      cause,
    });
  }
}

const flag = (key: keyof Output, value: string | boolean | undefined): string => {
  if (value === true) return `--${key}`;
  return value === false ? `no --${key}` : `--${key} ${value}`;
};

/** How the lake was shaped and how it would be now; '' where that is the same. */
function shapeWords(first: ShapeMarks, now: ShapeMarks): readonly [was: string, is: string] {
  const others = signals.filter((signal) => first[signal] !== now[signal]);
  if (others.length === 0) return ['', ''];
  if (Object.keys(first).length === 0) return ['without --shape', 'with one'];
  if (Object.keys(now).length === 0) return ['with --shape', 'without'];
  return [`with another shape of ${others.join(', ')} (or another SHAPE_HASH_KEY)`, 'this one'];
}

/**
 * Whether the command that last worked on this lake has died: then nobody holds its claims, and their leases need not
 * be waited for. From another machine that cannot be seen, and counts as no. Being wrong costs work and never rows: the
 * protocol decides by revision.
 */
export async function lastOwnerDied(lake: ObjectStore): Promise<boolean> {
  const last = await readText(lake, ownerName);
  await put(lake, ownerName, ownerWord(), last?.etag); // a lost race: another command has begun, and its word will do
  return last !== undefined && ownerFate(last.value.trim()) === 'dead';
}

const put = (lake: ObjectStore, name: string, text: string, etag: string | undefined): Promise<string | undefined> =>
  lake.put(name, new TextEncoder().encode(`${text}\n`), etag);
