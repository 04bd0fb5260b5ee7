import { readFileSync } from 'node:fs';
import { app } from '@azure/functions';
import { backfillQueueOf, bindingsOf } from '../shared/config/bindings.ts';
import { runLines } from '../shared/pipeline/facts.ts';
import { parseMessage } from '../shared/state/window-message.ts';

const { queue } = bindingsOf(process.env, (path) => readFileSync(path, 'utf8'));

/**
 * The queue of backfills: a message goes round for each window of one that may run at a time, and runs the next window;
 * or it names a window whose last run failed. Live windows have a queue of their own.
 */
app.storageQueue('runBackfill', {
  queueName: backfillQueueOf(queue),
  connection: 'AzureWebJobsStorage',
  handler: async (message, context) => {
    // Late, as in planWindows.
    const { wired } = await import('../shared/wire.ts');
    const { tellRun } = await import('../shared/wire/metrics.ts');
    const { run, backfillTurn } = wired();
    const asked = parseMessage(message);
    if (asked.kind !== 'turn' && asked.kind !== 'window')
      throw new Error(`a message of a ${asked.kind} belongs into the queue of windows (WINDOW_QUEUE)`);
    const outcome = asked.kind === 'turn' ? await backfillTurn(asked.turn) : await run(asked.window, true);
    for (const facts of outcome === undefined ? [] : runLines(outcome)) context.log(JSON.stringify(facts));
    if (outcome !== undefined) await tellRun(outcome);
    // The message that goes round has gone on: the window is tried again by the ledger, and this message is not.
    if (outcome?.state === 'failed' && asked.kind === 'window') throw new Error(outcome.error);
    if (outcome?.state === 'failed') context.error(outcome.error);
  },
});
