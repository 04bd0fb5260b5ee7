/** What a command has left in a lake that has its ledger in it, read past the front. */
import assert from 'node:assert/strict';
import { BlobServiceClient } from '@azure/storage-blob';
import type { Azurite } from '../../local/azurite.ts';
import { entitiesLeft } from '../e2e/left.ts';

export interface Kept {
  readonly state: string;
  readonly files: readonly { readonly path: string; readonly rows: number }[];
}

export interface Left {
  /** The itemIds, each as often as it is there. */
  readonly ids: readonly string[];
  /** Rows of each file. */
  readonly rows: ReadonlyMap<string, number>;
  readonly ledger: readonly Kept[];
  /** All of it, without times, tags and ids, which are each run's own: two lakes that are alike go on alike. */
  readonly like: string;
}

/** Times, ids and tags. */
const own = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z|[0-9a-f]{8}-[0-9a-f-]{27}|0x[0-9A-F]+/g;

export async function leftIn({ connectionString }: Azurite, name: string): Promise<Left> {
  const client = BlobServiceClient.fromConnectionString(connectionString).getContainerClient(name);
  const [ids, rows, ledger, like]: [string[], Map<string, number>, Kept[], string[]] = [[], new Map(), [], []];
  if (!(await client.exists())) return { ids, rows, ledger, like: 'no container' };
  for await (const { name: path } of client.listBlobsFlat()) {
    like.push(path);
    if (!/json$/.test(path)) continue;
    const text = (await client.getBlobClient(path).downloadToBuffer()).toString();
    like.push(text.replace(own, '…'));
    if (/^_insights-lake\/ledger\/.*\/windows\//.test(path)) ledger.push(JSON.parse(text));
    if (!path.endsWith('.ndjson')) continue;
    const found = [...text.matchAll(/"itemId":"([^"]+)"/g)].map(([, id]) => id ?? '');
    rows.set(path, found.length);
    ids.push(...found);
  }
  return { ids: ids.sort(), rows, ledger, like: like.join('\n') };
}

/** No row is there twice, none is foreign, and what the ledger calls done is there. */
export function assertSound({ ids, rows, ledger, like }: Left, wanted: readonly string[]): string {
  assert.equal(new Set(ids).size, ids.length, `a row is twice in the lake: ${ids}`);
  assert.deepEqual(
    ids.filter((id) => !wanted.includes(id)),
    [],
    'foreign rows',
  );
  for (const { state, files } of ledger)
    if (state === 'done')
      for (const file of files)
        assert.equal(rows.get(file.path), file.rows, `${file.path} is not what the ledger says`);
  return like;
}

/** All rows, and a ledger that says so. */
export function assertWhole(left: Left, wanted: readonly string[]): void {
  assertSound(left, wanted);
  assert.deepEqual(left.ids, wanted.toSorted());
  const kept = left.ledger.flatMap(({ files }) => files.map(({ path }) => path));
  assert.deepEqual([...left.rows.keys()].sort(), kept.sort());
  assert.deepEqual([...new Set(left.ledger.map(({ state }) => state))], ['done']);
}

/**
 * What only looks leaves everything as it is: blobs of these containers, and what the table has; but for how often the
 * lake and its ledger have met, whether writing was tried, and the questions that are left.
 */
export async function seenIn(azurite: Azurite, containers: readonly string[], table: string): Promise<string[]> {
  const client = BlobServiceClient.fromConnectionString(azurite.connectionString);
  const seen: string[] = [];
  for (const name of containers)
    for await (const blob of client.getContainerClient(name).listBlobsFlat())
      if (!/\/(probe|check|lake\.json)$/.test(blob.name)) seen.push(`${name}/${blob.name} ${blob.properties.etag}`);
  // Of the questions that are left.
  for (const { etag: _etag, timestamp: _timestamp, ...entity } of await entitiesLeft(azurite, table))
    if (entity.partitionKey !== 'budget' && entity.rowKey !== 'mark') seen.push(JSON.stringify(entity));
  return seen;
}
