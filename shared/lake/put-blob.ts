import { Readable } from 'node:stream';
import type { BlockBlobClient } from '@azure/storage-blob';
import type { Content } from '../model.ts';
import { failureCode } from './failure.ts';
import { checkContent, contentBytes, contentInto, contentRange } from './local-content.ts';

/** Up to this size a blob goes in one request, which is atomic by itself. */
const SINGLE = 64 * 1024 * 1024;
const BLOCK = 4 * 1024 * 1024;
/** Blocks on their way at once: 4 of 4 MiB bound the memory of an upload. */
const CONCURRENCY = 4;

type Conditions = { readonly ifMatch: string } | { readonly ifNoneMatch: string };

/** Names the upload that a blob came by, in its metadata. */
const ATTEMPT = 'attempt';

/** Somebody else wrote the blob first: another tag, a blob where none was, blocks discarded by another's commit. */
const LOST = ['ConditionNotMet', 'BlobAlreadyExists', 'InvalidBlockList', 'BlobNotFound', 'HTTP 412'];

/**
 * Puts the blob under the conditions; its new tag, or undefined when the race was lost. An upload that was done
 * although its answer said otherwise, or never came, is repeated by the SDK and then looks lost: so the blob that won
 * is asked whose it is.
 */
export async function putBlob(
  blob: BlockBlobClient,
  content: Content,
  conditions: Conditions,
  newId: () => string,
): Promise<string | undefined> {
  await checkContent(content);
  const attempt = newId();
  try {
    const put = contentBytes(content) <= SINGLE ? putWhole : putBlocks;
    return await put(blob, content, conditions, attempt);
  } catch (error) {
    if (!LOST.includes(failureCode(error))) throw error;
    const { metadata, etag } = await blob.getProperties().catch(unknown);
    return metadata?.[ATTEMPT] === attempt ? etag : undefined;
  }
}

/** Gone since, or not to be seen: a race that counts as lost is tried again, which does no harm. */
const unknown = (): { readonly metadata?: Record<string, string>; readonly etag?: string } => ({});

async function putWhole(
  blob: BlockBlobClient,
  content: Content,
  conditions: Conditions,
  attempt: string,
): Promise<string | undefined> {
  const streams: Readable[] = [];
  // A function, so that the SDK's retries start the stream anew.
  const anew = (from: Exclude<Content, Uint8Array>) => () => {
    const stream = Readable.from(contentRange(from), { objectMode: false });
    streams.push(stream);
    return stream;
  };
  const body = content instanceof Uint8Array ? content : anew(content);
  try {
    const { etag } = await blob.upload(body, contentBytes(content), { conditions, metadata: { [ATTEMPT]: attempt } });
    return etag;
  } finally {
    // One that was refused, or broke off, before all was read keeps its file open.
    for (const stream of streams) stream.destroy();
  }
}

/**
 * Blocks belong to the blob, not to the writer: ids that are new for every attempt keep two attempts from mixing their
 * bytes.
 */
async function putBlocks(
  blob: BlockBlobClient,
  content: Content,
  conditions: Conditions,
  attempt: string,
): Promise<string | undefined> {
  const bytes = contentBytes(content);
  const blocks = Array.from({ length: Math.ceil(bytes / BLOCK) }, (_, n) => ({
    id: Buffer.from(`${attempt}-${String(n).padStart(5, '0')}`).toString('base64'),
    start: n * BLOCK,
    end: Math.min((n + 1) * BLOCK, bytes),
  }));
  await stageAll(blob, content, blocks);
  const ids = blocks.map(({ id }) => id);
  const { etag } = await blob.commitBlockList(ids, { conditions, metadata: { [ATTEMPT]: attempt } });
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
    const memory = new Uint8Array(BLOCK);
    try {
      for (const { id, start, end } of queue) {
        abort.signal.throwIfAborted();
        const block = await contentInto(memory.subarray(0, end - start), content, start);
        await blob.stageBlock(id, block, block.length, { abortSignal: abort.signal });
      }
    } catch (error) {
      abort.abort(error);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, stageSome));
  abort.signal.throwIfAborted();
}
