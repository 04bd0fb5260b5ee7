import { readFileSync } from 'node:fs';
import { app } from '@azure/functions';
import { bindingsOf } from '../shared/config/bindings.ts';
import { tendFacts } from '../shared/pipeline/retention/facts.ts';

const { tend } = bindingsOf(process.env, (path) => readFileSync(path, 'utf8'));

/**
 * Once a day: what is older than LAKE_RETENTION is found, and with LAKE_RETIRE=remove taken out of the lake; and files
 * are compared with the ledger. A feed that cannot be looked at does not stop the others.
 */
app.timer('tendLake', {
  schedule: tend,
  handler: async (_timer, context) => {
    // Late, as in planWindows.
    const { wired } = await import('../shared/wire.ts');
    const { flushMetrics, tick } = await import('../shared/wire/metrics.ts');
    // Once a day: its metric must not be lost with a process that the host ends within a minute.
    await tick('tendLake', async () => {
      const outcome = await wired().tend();
      for (const facts of outcome === undefined ? [] : tendFacts(outcome)) context.log(JSON.stringify(facts));
      if (outcome !== undefined && outcome.errors.length > 0) throw new Error(outcome.errors.join('\n'));
    }).finally(flushMetrics);
  },
});
