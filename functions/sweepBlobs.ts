import { readFileSync } from 'node:fs';
import { app } from '@azure/functions';
import { bindingsOf } from '../shared/config/bindings.ts';
import { sweepFacts, tableFacts } from '../shared/pipeline/facts.ts';

const { sweep: schedule } = bindingsOf(process.env, (path) => readFileSync(path, 'utf8'));

/**
 * Every tick: enqueues the windows whose blobs differ from what the ledger knows. Needs no events, so it also serves
 * blobs that are appended to, private networks, and whatever a trigger missed. Not registered as long as no container
 * of export blobs is set. Once a day it has the ledger written into the lake as a table, as audits do.
 */
if (schedule !== undefined) {
  app.timer('sweepBlobs', {
    schedule,
    handler: async (_timer, context) => {
      // Late, as in planWindows.
      const { wired } = await import('../shared/wire.ts');
      const { tick } = await import('../shared/wire/metrics.ts');
      await tick('sweepBlobs', async () => {
        const { sweep, ledgerTable } = wired();
        const outcome = await sweep();
        if (outcome === undefined) return;
        context.log(JSON.stringify(sweepFacts(outcome)));
        const table = await ledgerTable();
        if (table !== undefined) context.log(JSON.stringify(tableFacts(table)));
        const errors = [...outcome.errors, ...(table?.error ? [table.error] : [])];
        if (errors.length > 0) throw new Error(errors.join('\n'));
      });
    },
  });
}
