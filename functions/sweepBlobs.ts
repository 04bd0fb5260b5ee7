import { readFileSync } from 'node:fs';
import { app } from '@azure/functions';
import { bindingsOf } from '../shared/config/bindings.ts';
import { sweepFacts } from '../shared/pipeline/facts.ts';

const { sweep } = bindingsOf(process.env, (path) => readFileSync(path, 'utf8'));

/**
 * Every tick: enqueues the windows whose blobs differ from what the ledger knows. Needs no events, so it also serves
 * blobs that are appended to, private networks, and whatever a trigger missed. Not registered as long as no container
 * of export blobs is set.
 */
if (sweep !== undefined) {
  app.timer('sweepBlobs', {
    schedule: sweep,
    handler: async (_timer, context) => {
      // Late, as in planWindows.
      const { wired } = await import('../shared/wire.ts');
      const outcome = await wired().sweep();
      if (outcome === undefined) return;
      context.log(JSON.stringify(sweepFacts(outcome)));
      if (outcome.errors.length > 0) throw new Error(outcome.errors.join('\n'));
    },
  });
}
