import { readFileSync } from 'node:fs';
import { app } from '@azure/functions';
import { bindingsOf } from '../shared/config/bindings.ts';
import { auditFacts } from '../shared/pipeline/facts.ts';

const { audit } = bindingsOf(process.env, (path) => readFileSync(path, 'utf8'));

/**
 * Every tick: query windows that are done and whose source has changed since run again. Without apps of the query API
 * it does nothing.
 */
app.timer('auditWindows', {
  schedule: audit,
  handler: async (_timer, context) => {
    // Late, as in planWindows.
    const { wired } = await import('../shared/wire.ts');
    const { tellAudit } = await import('../shared/wire-metrics.ts');
    const outcome = await wired().audit();
    for (const facts of auditFacts(outcome)) context.log(JSON.stringify(facts));
    await tellAudit(outcome);
    if (outcome.errors.length > 0) throw new Error(outcome.errors.join('\n'));
  },
});
