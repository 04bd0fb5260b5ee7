import { setTimeout as sleep } from 'node:timers/promises';
import type { BlobDownloadResponseParsed, BlockBlobClient } from '@azure/storage-blob';
import type { ObjectStore } from '../model.ts';
import { failureCode, failureStatus } from './failure.ts';

/** So often a download may break without getting on before it is given up. */
const MOST_BREAKS = 5;
/** And so long without bringing so much: three tries that stand still, or trickle, for a minute each. */
const [MOST_TIME, ENOUGH] = [150_000, 16 * 1024];
/** A try that brings so many bytes has got on: one that brings a few and stands still would go on for hours. */
const PROGRESS = 4096;
/** Before the first try that brought no byte more; then twice as long each time. In milliseconds. */
const PAUSE = 1000;

/** What a download began with. */
type Begun = Pick<BlobDownloadResponseParsed, 'blobType' | 'createdOn'>;

/**
 * The bytes of the range. A download that breaks, or stands still, goes on from where it stopped, pinned to the tag
 * that it began with: however poor the line, as long as each few tries bring 4 KiB. Throws when the blob is gone or has
 * changed.
 */
export async function* readBlob(
  blob: BlockBlobClient,
  range: Parameters<ObjectStore['read']>[1],
  pause: (millis: number) => Promise<unknown> = sleep,
): AsyncGenerator<Uint8Array> {
  const end = range?.end ?? Number.POSITIVE_INFINITY;
  let [at, tag]: [number, string | undefined] = [range?.start ?? 0, range?.etag];
  let begun: Begun | undefined;
  let [gotOn, enough, since] = [at, at, performance.now()];
  for (let breaks = 0; at < end; ) {
    let answer: BlobDownloadResponseParsed | undefined;
    try {
      const conditions = tag === undefined ? {} : { ifMatch: `"${tag}"` };
      const count = Number.isFinite(end) ? end - at : undefined;
      answer = await blob.download(at, count, { conditions, maxRetryRequests: 0 });
      begun ??= answer;
      tag ??= (answer.etag ?? '').replaceAll('"', '');
      for await (const piece of answer.readableStreamBody ?? []) {
        at += piece.length;
        if (at - gotOn >= PROGRESS) [breaks, gotOn] = [0, at];
        if (at - enough >= ENOUGH) [enough, since] = [at, performance.now()];
        const given = performance.now();
        yield typeof piece === 'string' ? Buffer.from(piece) : piece;
        // Whoever reads may be busy: that is no time of the line.
        since += performance.now() - given;
      }
      return;
    } catch (error) {
      // Beyond the end there is nothing to read.
      if (failureCode(error) === 'InvalidRange') return;
      const grown = range?.etag === undefined ? await tagOfGrown(blob, begun, error) : undefined;
      if (grown === undefined && answer === undefined && (begun === undefined || !isPassing(error))) throw error;
      tag = grown ?? tag;
      breaks += 1;
      const took = performance.now() - since;
      if (breaks > MOST_BREAKS || took > MOST_TIME) throw brokenFor(error, at, at - enough, took);
      await pause(PAUSE * 2 ** (breaks - 1));
    }
  }
}

/** Once a download has begun, what is away for a moment is waited for. */
const isPassing = (error: unknown): boolean =>
  failureStatus(error) >= 500 || /^(E[A-Z]+(_AGAIN)?|NoAnswer|REQUEST_SEND_ERROR)$/.test(failureCode(error));

/**
 * An append blob that has grown between two pieces is still the same up to where it was: its new tag; otherwise
 * undefined.
 */
async function tagOfGrown(
  blob: BlockBlobClient,
  begun: Begun | undefined,
  error: unknown,
): Promise<string | undefined> {
  if (failureCode(error) !== 'ConditionNotMet' || begun?.blobType !== 'AppendBlob') return undefined;
  const { blobType, createdOn, etag } = await blob.getProperties();
  const isSame = blobType === 'AppendBlob' && createdOn?.getTime() === begun.createdOn?.getTime();
  return isSame ? etag?.replaceAll('"', '') : undefined;
}

/** The library's own words for it speak of corruption. `came`: in that time, however often it was gone on with. */
function brokenFor(error: unknown, at: number, came: number, took: number): Error {
  const what = `around byte ${at}: however often it was asked for, ${came} bytes came in ${Math.round(took / 1000)} s`;
  return Object.assign(new Error(what), { code: failureCode(error) || 'ECONNRESET' });
}
