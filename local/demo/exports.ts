import { BlobServiceClient } from '@azure/storage-blob';
import type { Millis } from '../../shared/model.ts';
import { type ExportBlob, exportBlobs } from '../telemetry/exportBlobs.ts';
import { exportContainer, type Story } from './story.ts';

/** The blobs of the story that were delivered in `[from, until)`, by time of delivery. */
export const blobsOf = ({ store, exported }: Story, from: Millis, until: Millis): ExportBlob[] =>
  [...exportBlobs({ ...store, ...exported })]
    .filter((blob) => blob.at >= from && blob.at < until)
    .sort((a, b) => a.at - b.at);

/** Drops blobs into the container that the app watches; ten at once. Blobs that are there stay as they are. */
export async function dropBlobs(connectionString: string, blobs: readonly ExportBlob[]): Promise<void> {
  const container = BlobServiceClient.fromConnectionString(connectionString).getContainerClient(exportContainer);
  await container.createIfNotExists();
  const drop = async ({ name, text }: ExportBlob): Promise<void> => {
    await container
      .getBlockBlobClient(name)
      .upload(text, Buffer.byteLength(text), { conditions: { ifNoneMatch: '*' } })
      .catch(ignoreExisting);
  };
  for (let at = 0; at < blobs.length; at += 10) await Promise.all(blobs.slice(at, at + 10).map(drop));
}

function ignoreExisting(error: { statusCode?: number }): void {
  if (error.statusCode !== 409 && error.statusCode !== 412) throw error;
}
