import { readFileSync } from 'node:fs';
import { app } from '@azure/functions';
import { bindingsOf } from '../shared/config/bindings.ts';
import { planFacts } from '../shared/pipeline/facts.ts';

const { schedule } = bindingsOf(process.env, (path) => readFileSync(path, 'utf8'));

/** Every tick: plans what has become due, enqueues again what is not done, moves the watermarks. */
app.timer('planWindows', {
  schedule,
  handler: async (_timer, context) => {
    // At the first call: clients and engine take a while to load, and what cannot be loaded fails a call, not the whole
    // app.
    const { wired } = await import('../shared/wire.ts');
    const planned = await wired().plan();
    context.log(JSON.stringify(planFacts(planned, Date.now())));
    if (planned.errors.length > 0) throw new Error(planned.errors.join('\n'));
  },
});
