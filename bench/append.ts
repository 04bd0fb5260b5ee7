import type { AppendBlobClient, BlobServiceClient } from '@azure/storage-blob';
import type { Millis, Window } from '../shared/model.ts';
import type { RunOutcome } from '../shared/pipeline/run.ts';
import type { Instance } from '../test/e2e/instance.ts';
import { appendedText, COMPONENT } from './telemetry.ts';

/** A blob of diagnostic settings that grows while the app sweeps and runs. */

export const APPENDED = 'insights-logs-apprequests';
/** What every version of the service takes in one append. */
const BLOCK = 4 * 1024 * 1024;
const HOUR: Millis = 3_600_000;

/**
 * Appends up to each of `lengths` (bytes, anywhere in a record), and each time has the app sweep, and run what the
 * sweep found.
 */
export async function runGrowing(
  app: Instance,
  blobs: BlobServiceClient,
  lengths: readonly number[],
): Promise<RunOutcome | undefined> {
  const start = Math.floor(Date.now() / HOUR) * HOUR;
  const window: Window = { app: 'bench', signal: 'requests', source: 'diagnostics', start, end: start + HOUR };
  const [year, month, day, hour] = new Date(start).toISOString().split(/[-T:]/);
  const name = `resourceId=${COMPONENT}/y=${year}/m=${month}/d=${day}/h=${hour}/m=00/PT1H.json`;
  const blob = blobs.getContainerClient(APPENDED).getAppendBlobClient(name);
  await blob.create();
  const append = appender(blob, appendedText(start));
  let outcome: RunOutcome | undefined;
  for (const length of lengths) {
    await append(length);
    const swept = await app.sweep();
    if (swept?.enqueued !== 1) throw new Error(`sweep: ${JSON.stringify(swept)}`);
    outcome = await app.run(window);
    if (outcome.state !== 'done') return outcome;
  }
  return outcome;
}

/** Appends until the blob is so long. */
function appender(blob: AppendBlobClient, text: Iterator<string>): (length: number) => Promise<void> {
  let [held, written] = [Buffer.alloc(0), 0];
  return async (length) => {
    while (written < length) {
      const wanted = Math.min(BLOCK, length - written);
      while (held.length < wanted) held = Buffer.concat([held, Buffer.from(text.next().value ?? '')]);
      await blob.appendBlock(held.subarray(0, wanted), wanted);
      held = held.subarray(wanted);
      written += wanted;
    }
  };
}
