import type { LakeWord, LedgerPlace, ObjectStore, Versioned } from '../../model.ts';
import { readText } from '../../pure/read-text.ts';

/** What a lake says of itself lies here. */
export const LAKE_NAME = '_insights-lake/lake.json';

/** Undefined where the lake says nothing. A document that is replaced meanwhile is read again. */
export async function readLakeWord(lake: ObjectStore): Promise<Versioned<LakeWord> | undefined> {
  const read = await readText(lake, LAKE_NAME);
  return read && { value: parsed(read.value, lake.place), etag: read.etag };
}

/** Returns its tag; undefined when the race was lost. */
export async function putLakeWord(
  lake: ObjectStore,
  word: LakeWord,
  etag: string | undefined,
): Promise<string | undefined> {
  const { id, madeAt, ledger, product, count, countedAt, markTag, paths } = word;
  const document = {
    lake: id,
    madeAt: new Date(madeAt).toISOString(),
    ledger,
    product,
    count,
    countedAt: new Date(countedAt).toISOString(),
    ...(markTag !== '' && { markTag }),
    ...(paths.length > 0 && { paths }),
  };
  const text = `${JSON.stringify(document, null, 1)}\n`;
  return lake.put(LAKE_NAME, new TextEncoder().encode(text), etag);
}

function parsed(text: string, place: string): LakeWord {
  const spoilt = (cause?: unknown) =>
    new Error(
      `read ${LAKE_NAME} in ${place}: it does not say which ledger the lake has; restore it, ` +
        'or insights-lake adopt writes it anew (it says what it would do first)',
      { cause },
    );
  let found: Readonly<Record<string, unknown>>;
  try {
    found = JSON.parse(text.replace(/^\uFEFF/, '')); // editors put one in front
  } catch (cause) {
    throw spoilt(cause);
  }
  const ledger = placeIn(found?.ledger);
  if (typeof found?.lake !== 'string' || found.lake === '' || ledger === undefined) throw spoilt();
  const paths = Array.isArray(found.paths) ? found.paths.filter((path) => typeof path === 'string') : [];
  const astray = paths.find((path) => path !== '' && path.split('/').some((word) => ['', '.', '..'].includes(word)));
  if (astray !== undefined)
    throw new Error(
      `read ${LAKE_NAME} in ${place}: its "paths" name ${JSON.stringify(astray)}, and no file of the lake can lie ` +
        'there (empty folder names, . and ..); take it out of the file, or restore the file',
    );
  const time = (name: string) => Date.parse(String(found[name] ?? '')) || 0;
  return {
    id: found.lake,
    madeAt: time('madeAt'),
    ledger,
    product: String(found.product ?? ''),
    count: Number(found.count) || 0,
    countedAt: time('countedAt'),
    markTag: String(found.markTag ?? ''),
    paths,
  };
}

function placeIn(found: unknown): LedgerPlace | undefined {
  if (typeof found !== 'object' || found === null || !('kind' in found)) return undefined;
  if (found.kind === 'lake') return { kind: 'lake' };
  const word = (name: string) => String(Reflect.get(found, name) ?? '');
  return found.kind === 'table' && word('table') !== ''
    ? { kind: 'table', url: word('url'), table: word('table'), part: word('part') }
    : undefined;
}
