import { readFileSync } from 'node:fs';
import { app } from '@azure/functions';
import { bindingsOf } from '../shared/config-bindings.ts';
import { planFacts } from '../shared/pipeline/facts.ts';
import { wired } from '../shared/wire.ts';

const { schedule } = bindingsOf(process.env, (path) => readFileSync(path, 'utf8'));

/** Every tick: plans what has become due, enqueues again what is not done, moves the watermarks. */
app.timer('planWindows', {
  schedule,
  handler: async (_timer, context) => {
    const { feeds, errors } = await wired().plan();
    for (const feed of feeds) context.log(JSON.stringify(planFacts(feed, Date.now())));
    if (errors.length > 0) throw new Error(errors.join('\n'));
  },
});
