import { gunzipSync } from 'node:zlib';
import { TableClient } from '@azure/data-tables';
import { BlobServiceClient } from '@azure/storage-blob';
import type { Azurite } from '../../local/azurite.ts';

/** What the app leaves in storage, as it stands there. */

/**
 * Names and bytes (as latin1, unpacked) of all blobs of a container, by name; the lake's own documents are left out.
 */
export async function blobsLeft(
  { connectionString }: Azurite,
  container: string,
): Promise<ReadonlyMap<string, string>> {
  const client = BlobServiceClient.fromConnectionString(connectionString).getContainerClient(container);
  const texts = new Map<string, string>();
  for await (const { name } of client.listBlobsFlat()) {
    if (name.includes('_insights-lake/')) continue;
    const bytes = await client.getBlobClient(name).downloadToBuffer();
    texts.set(name, (bytes[0] === 0x1f ? gunzipSync(bytes) : bytes).toString('latin1'));
  }
  return texts;
}

/** Large numbers are text. */
export async function entitiesLeft(
  { connectionString }: Azurite,
  table: string,
): Promise<Readonly<Record<string, unknown>>[]> {
  const client = TableClient.fromConnectionString(connectionString, table, { allowInsecureConnection: true });
  const entities = await Array.fromAsync(client.listEntities());
  return entities.map((entity) =>
    Object.fromEntries(
      Object.entries(entity).map(([key, value]) => [key, typeof value === 'bigint' ? String(value) : value]),
    ),
  );
}
