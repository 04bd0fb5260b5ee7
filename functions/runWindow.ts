import { readFileSync } from 'node:fs';
import { app } from '@azure/functions';
import { bindingsOf } from '../shared/config-bindings.ts';
import { runFacts } from '../shared/pipeline/facts.ts';
import { parseWindowMessage } from '../shared/state/window-message.ts';
import { wired } from '../shared/wire.ts';

const { queue } = bindingsOf(process.env, (path) => readFileSync(path, 'utf8'));

/** A message says that a window may be due: runs it. What failed is red here and tried again by the ledger, not by the queue. */
app.storageQueue('runWindow', {
  queueName: queue,
  connection: 'AzureWebJobsStorage',
  handler: async (message, context) => {
    const { run } = wired();
    const outcome = await run(parseWindowMessage(message));
    context.log(JSON.stringify(runFacts(outcome)));
    if (outcome.state === 'failed') throw new Error(outcome.error);
  },
});
