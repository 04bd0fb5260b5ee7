import { readFileSync } from 'node:fs';
import { app } from '@azure/functions';
import { azureNames } from '../shared/config/azure-names.ts';
import { bindingsOf } from '../shared/config/bindings.ts';
import { lackingPrefix, nearlyRead } from '../shared/config/unknown-settings.ts';
import { planFacts, sweepFacts } from '../shared/pipeline/facts.ts';
import { knowSecretsOf } from '../shared/pure/known-secrets.ts';
import { asPrinted, plain } from '../shared/pure/printable.ts';
import { ownWords } from '../shared/signals/own-words.ts';

const { schedule } = bindingsOf(process.env, (path) => readFileSync(path, 'utf8'));

// Whatever a service repeats to us, nothing that opens a door goes into a log.
knowSecretsOf(process.env, ownWords);
app.hook.log((line) => {
  line.message = plain(line.message);
});
app.hook.postInvocation((ended) => {
  if (ended.error instanceof Error) ended.error = asPrinted(ended.error);
});

/** Told by the first tick. */
let doubts = [...nearlyRead(process.env, azureNames), ...lackingPrefix(process.env)];

// Metrics go out once a minute: those of the last one when the host ends this process.
app.hook.appTerminate(async () => {
  const { flushMetrics } = await import('../shared/wire/metrics.ts');
  await flushMetrics();
});

/** Every tick: plans what has become due, enqueues again what is not done, moves the watermarks. */
app.timer('planWindows', {
  schedule,
  handler: async (_timer, context) => {
    for (const text of doubts) context.warn(text);
    doubts = [];
    // At the first call: clients and engine take a while to load, and what cannot be loaded fails a call, not the whole
    // app.
    const { wired } = await import('../shared/wire.ts');
    const { tellPlan } = await import('../shared/wire/metrics.ts');
    const { plan, sweepOwed } = wired();
    const planned = await plan();
    context.log(JSON.stringify(planFacts(planned, Date.now())));
    await tellPlan(planned);
    const errors = [...planned.errors];
    const failed = (error: unknown): undefined => {
      errors.push(error instanceof Error ? error.message : String(error));
    };
    const swept = await sweepOwed().catch(failed);
    if (swept !== undefined) context.log(JSON.stringify(sweepFacts(swept)));
    errors.push(...(swept?.errors ?? []));
    if (errors.length > 0) throw new Error(errors.join('\n'));
  },
});
