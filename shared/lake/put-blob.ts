import { Readable } from 'node:stream';
import type { BlockBlobClient } from '@azure/storage-blob';
import type { Content } from '../model.ts';
import { failureCode } from './failure.ts';
import { checkContent, contentBuffer, contentBytes, contentRange } from './local-content.ts';

/** Up to this size a blob goes in one request, which is atomic by itself. */
const SINGLE = 64 * 1024 * 1024;
const BLOCK = 8 * 1024 * 1024;
/** Blocks on their way at once: 4 of 8 MiB bound the memory of an upload. */
const CONCURRENCY = 4;

type Conditions = { readonly ifMatch: string } | { readonly ifNoneMatch: string };

/** Somebody else wrote the blob first: another tag, a blob where none was, blocks discarded by another's commit. */
const LOST = ['ConditionNotMet', 'BlobAlreadyExists', 'InvalidBlockList', 'BlobNotFound', 'HTTP 412'];

/** Puts the blob under the conditions; its new tag, or undefined when the race was lost. */
export async function putBlob(
  blob: BlockBlobClient,
  content: Content,
  conditions: Conditions,
  newId: () => string,
): Promise<string | undefined> {
  await checkContent(content);
  try {
    const put = contentBytes(content) <= SINGLE ? putWhole : putBlocks;
    return await put(blob, content, conditions, newId);
  } catch (error) {
    if (LOST.includes(failureCode(error))) return undefined;
    throw error;
  }
}

async function putWhole(blob: BlockBlobClient, content: Content, conditions: Conditions): Promise<string | undefined> {
  // A function, so that the SDK's retries start the stream anew.
  const body =
    content instanceof Uint8Array ? content : () => Readable.from(contentRange(content), { objectMode: false });
  const { etag } = await blob.upload(body, contentBytes(content), { conditions });
  return etag;
}

/** Blocks belong to the blob, not to the writer: ids that are new for every attempt keep two attempts from mixing their bytes. */
async function putBlocks(
  blob: BlockBlobClient,
  content: Content,
  conditions: Conditions,
  newId: () => string,
): Promise<string | undefined> {
  const bytes = contentBytes(content);
  const attempt = newId();
  const blocks = Array.from({ length: Math.ceil(bytes / BLOCK) }, (_, n) => ({
    id: Buffer.from(`${attempt}-${String(n).padStart(5, '0')}`).toString('base64'),
    start: n * BLOCK,
    end: Math.min((n + 1) * BLOCK, bytes),
  }));
  await stageAll(blob, content, blocks);
  const ids = blocks.map(({ id }) => id);
  const { etag } = await blob.commitBlockList(ids, { conditions });
  return etag;
}

/** A failure stops the rest, and waits until no request reads the local files any more. */
async function stageAll(
  blob: BlockBlobClient,
  content: Content,
  blocks: readonly { id: string; start: number; end: number }[],
): Promise<void> {
  const abort = new AbortController();
  const queue = blocks.values();
  const stageSome = async () => {
    try {
      for (const { id, start, end } of queue) {
        abort.signal.throwIfAborted();
        await blob.stageBlock(id, await contentBuffer(content, start, end), end - start, { abortSignal: abort.signal });
      }
    } catch (error) {
      abort.abort(error);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, stageSome));
  abort.signal.throwIfAborted();
}
