import { setTimeout as sleep } from 'node:timers/promises';
import type { BlobServiceClient, ContainerClient } from '@azure/storage-blob';
import type { QueueClient } from '@azure/storage-queue';

/** A blob trigger's message in the host's own queue, as the real host writes it. */
export interface BlobMessage {
  readonly FunctionId: string;
  readonly BlobType: string;
  readonly ContainerName: string;
  readonly BlobName: string;
  readonly ETag: string;
}

export interface BlobScan {
  readonly functionName: string;
  /** The binding's path, `container/before{name}after`. */
  readonly path: string;
  /** The account that is watched. */
  readonly blobs: BlobServiceClient;
  /** The host's own storage: keeps a receipt per blob and ETag, so that each version is handed over once. */
  readonly receipts: ContainerClient;
  readonly queue: QueueClient;
  /** Milliseconds between two listings. */
  readonly every: number;
}

/**
 * Looks at the container until aborted; every blob (or version of one) without a receipt becomes a message in the
 * host's queue, then gets its receipt. Stands in for both sources of the real trigger: Azurite sends no events.
 */
export async function scanBlobs(scan: BlobScan, abort: AbortSignal): Promise<void> {
  const { container, prefix, pattern } = parseBlobPath(scan.path);
  const folder = `blobreceipts/local/${scan.functionName}/`;
  await scan.receipts.createIfNotExists();
  await scan.queue.createIfNotExists();
  const known = new Set<string>();
  for await (const receipt of scan.receipts.listBlobsFlat({ prefix: folder })) known.add(receipt.name);
  const watched = scan.blobs.getContainerClient(container);
  const look = async (): Promise<void> => {
    if (!(await watched.exists())) return;
    for await (const blob of watched.listBlobsFlat({ prefix })) {
      const receipt = `${folder}${blob.properties.etag.replaceAll('"', '')}/${container}/${blob.name}`;
      if (known.has(receipt) || !pattern.test(blob.name)) continue;
      await announce(scan, {
        container,
        name: blob.name,
        etag: blob.properties.etag,
        type: blob.properties.blobType ?? 'BlockBlob',
      });
      await scan.receipts.getBlockBlobClient(receipt).upload('', 0);
      known.add(receipt);
    }
  };
  while (!abort.aborted) {
    // Storage that is away is looked at again: what was not announced has no receipt.
    await look().catch(() => undefined);
    await sleep(scan.every, undefined, { signal: abort }).catch(() => undefined);
  }
}

async function announce(
  scan: BlobScan,
  blob: { container: string; name: string; etag: string; type: string },
): Promise<void> {
  const message: BlobMessage = {
    FunctionId: `Host.Functions.${scan.functionName}`,
    BlobType: blob.type,
    ContainerName: blob.container,
    BlobName: blob.name,
    ETag: blob.etag,
  };
  await scan.queue.sendMessage(Buffer.from(JSON.stringify(message)).toString('base64'));
}

/** `container/folder/{name}` → the container, what all names start with, and the pattern of names with its captures. */
export function parseBlobPath(path: string): { container: string; prefix: string; pattern: RegExp } {
  const slash = path.indexOf('/');
  if (slash < 1) throw new Error(`blob path "${path}": must be container/name, with {name} for any name`);
  const name = path.slice(slash + 1);
  const source = name
    .split(/\{(\w+)\}/)
    .map((piece, index) => (index % 2 === 1 ? `(?<${piece}>.+)` : piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')));
  return {
    container: path.slice(0, slash),
    prefix: name.split('{')[0] ?? '',
    pattern: new RegExp(`^${source.join('')}$`, 's'),
  };
}
