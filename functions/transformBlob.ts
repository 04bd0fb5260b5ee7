import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { app } from '@azure/functions';
import { bindingsOf } from '../shared/config/bindings.ts';
import { runLines } from '../shared/pipeline/facts.ts';

/** What the trigger hands over instead of the blob's bytes. */
interface BlobReference {
  readonly Connection: string;
  readonly ContainerName: string;
  readonly BlobName: string;
}

// By require: the ESM build of this module is another instance, in which @azure/functions does not find the factory.
const { ResourceFactoryResolver }: typeof import('@azure/functions-extensions-base') = createRequire(import.meta.url)(
  '@azure/functions-extensions-base',
);

const { blobs } = bindingsOf(process.env, (path) => readFileSync(path, 'utf8'));

/** A blob has arrived: brings its window up to date. Not registered as long as no container of export blobs is set. */
if (blobs !== undefined) {
  ResourceFactoryResolver.getInstance().registerResourceFactory('AzureStorageBlobs', (data) => {
    const { content } = Array.isArray(data) ? (data[0] ?? {}) : data;
    return JSON.parse(String(content));
  });

  app.storageBlob<BlobReference>('transformBlob', {
    ...blobs,
    sdkBinding: true,
    handler: async (blob, context) => {
      // Late, as in planWindows.
      const { wired } = await import('../shared/wire.ts');
      const { tellRun } = await import('../shared/wire/metrics.ts');
      const outcome = await wired().arrive(blob.BlobName);
      const lines = outcome === undefined ? [{ event: 'ignored', blob: blob.BlobName }] : runLines(outcome);
      for (const facts of lines) context.log(JSON.stringify(facts));
      if (outcome !== undefined) await tellRun(outcome);
      if (outcome?.state === 'failed') throw new Error(outcome.error);
    },
  });
}
