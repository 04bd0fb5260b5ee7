import { readFileSync } from 'node:fs';
import { app } from '@azure/functions';
import { bindingsOf } from '../shared/config/bindings.ts';
import { planFacts } from '../shared/pipeline/facts.ts';

const { schedule } = bindingsOf(process.env, (path) => readFileSync(path, 'utf8'));

// Metrics go out once a minute: those of the last one when the host ends this process.
app.hook.appTerminate(async () => {
  const { flushMetrics } = await import('../shared/wire/metrics.ts');
  await flushMetrics();
});

/** Every tick: plans what has become due, enqueues again what is not done, moves the watermarks. */
app.timer('planWindows', {
  schedule,
  handler: async (_timer, context) => {
    // At the first call: clients and engine take a while to load, and what cannot be loaded fails a call, not the whole
    // app.
    const { wired } = await import('../shared/wire.ts');
    const { tellPlan } = await import('../shared/wire/metrics.ts');
    const planned = await wired().plan();
    context.log(JSON.stringify(planFacts(planned, Date.now())));
    await tellPlan(planned);
    if (planned.errors.length > 0) throw new Error(planned.errors.join('\n'));
  },
});
