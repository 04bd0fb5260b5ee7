import type { StorageCall } from '../front/storageFront.ts';

/** Which of the steps a call is. */
export function stepOf({ service, method, path }: StorageCall): string {
  const plain = decodeURIComponent(path).replace(/\?(comp=\w+)?.*$/s, ' $1');
  const kind = /RowKey='(mark|health|lake|p)'|'(budget|backfill\|)|RowKey='(\w)\||RowKey ge '(\w)\|/.exec(
    decodeURIComponent(path),
  );
  const row = kind?.slice(1).find((found) => found !== undefined);
  const file = /\/(lake|exports)[^/]*\/(_insights-lake\/\w+|.*\.(ndjson|blob))/.exec(plain);
  const place = file ? `${file[1]}/${file[3] ?? file[2]}` : plain.replace(/\(.*\)/s, '').trim();
  return `${service} ${method} ${row === undefined ? place : `${place} ${row}`}`;
}
