import { readFileSync } from 'node:fs';
import { app } from '@azure/functions';
import { bindingsOf } from '../shared/config/bindings.ts';
import { tendFacts } from '../shared/pipeline/retention/facts.ts';

const { tend } = bindingsOf(process.env, (path) => readFileSync(path, 'utf8'));

/** Once a day: what is older than LAKE_RETENTION is found, and with LAKE_RETIRE=remove taken out of the lake. */
app.timer('tendLake', {
  schedule: tend,
  handler: async (_timer, context) => {
    // Late, as in planWindows.
    const { wired } = await import('../shared/wire.ts');
    const outcome = await wired().tend();
    if (outcome === undefined) return;
    for (const facts of tendFacts(outcome)) context.log(JSON.stringify(facts));
  },
});
