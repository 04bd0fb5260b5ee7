import { readFileSync } from 'node:fs';
import { app } from '@azure/functions';
import { bindingsOf } from '../shared/config/bindings.ts';
import { backfillLines } from '../shared/pipeline/backfill/facts.ts';
import { runLines, sweepFacts } from '../shared/pipeline/facts.ts';
import { parseMessage } from '../shared/state/window-message.ts';

const { queue } = bindingsOf(process.env, (path) => readFileSync(path, 'utf8'));

/**
 * A message says that a window may be due: runs it. What failed is red here and tried again by the ledger, not by the
 * queue. Or it asks for the sweep of an archive, which is parted by days; a part that fails is tried again by the
 * queue.
 */
app.storageQueue('runWindow', {
  queueName: queue,
  connection: 'AzureWebJobsStorage',
  handler: async (message, context) => {
    // Late, as in planWindows.
    const { wired } = await import('../shared/wire.ts');
    const { tellRun } = await import('../shared/wire/metrics.ts');
    const { run, sweepPart, backfills } = wired();
    const asked = parseMessage(message);
    if (asked.kind === 'sweep') {
      const swept = await sweepPart(asked.request);
      context.log(JSON.stringify(typeof swept === 'number' ? { event: 'sweep', parts: swept } : sweepFacts(swept)));
      if (typeof swept !== 'number' && swept.errors.length > 0) throw new Error(swept.errors.join('\n'));
      return;
    }
    if (asked.kind === 'backfill') {
      for (const facts of await backfillLines(asked.asked, backfills)) context.log(JSON.stringify(facts));
      return;
    }
    if (asked.kind === 'turn') throw new Error('a turn of a backfill belongs into its own queue');
    const outcome = await run(asked.window);
    for (const facts of runLines(outcome)) context.log(JSON.stringify(facts));
    await tellRun(outcome);
    if (outcome.state === 'failed') throw new Error(outcome.error);
  },
});
