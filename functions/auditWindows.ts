import { readFileSync } from 'node:fs';
import { app } from '@azure/functions';
import { bindingsOf } from '../shared/config/bindings.ts';
import { auditFacts, tableFacts } from '../shared/pipeline/facts.ts';

const { audit: schedule } = bindingsOf(process.env, (path) => readFileSync(path, 'utf8'));

/**
 * Every tick: query windows that are done and whose source has changed since run again; once a day the ledger is
 * written into the lake as a table.
 */
app.timer('auditWindows', {
  schedule,
  handler: async (_timer, context) => {
    // Late, as in planWindows.
    const { wired } = await import('../shared/wire.ts');
    const { tellAudit, tick } = await import('../shared/wire/metrics.ts');
    await tick('auditWindows', async () => {
      const { audit, ledgerTable } = wired();
      const outcome = await audit();
      for (const facts of auditFacts(outcome)) context.log(JSON.stringify(facts));
      await tellAudit(outcome);
      const table = await ledgerTable();
      if (table !== undefined) context.log(JSON.stringify(tableFacts(table)));
      const errors = [...outcome.errors, ...(table?.error ? [table.error] : [])];
      if (errors.length > 0) throw new Error(errors.join('\n'));
    });
  },
});
