/**
 * One process of the app that asks the query API as fast as its budget lets it, for budget-processes.test.ts. Its clock
 * is wrong by SKEW_MS, its environment that of an app.
 */
import { readFileSync } from 'node:fs';
import type { QueryApi } from '../../shared/wire/query.ts';

const skew = Number(process.env.SKEW_MS ?? 0);
const now = Date.now;
globalThis.Date = new Proxy(Date, {
  construct: (target, args, made) => Reflect.construct(target, args.length === 0 ? [now() + skew] : args, made),
  get: (target, key) => (key === 'now' ? () => now() + skew : Reflect.get(target, key)),
});

const { parseConfig } = await import('../../shared/config.ts');
const { openLedger } = await import('../../shared/wire/clients.ts');
const { queryApis } = await import('../../shared/wire/query.ts');

const config = parseConfig(process.env, (path) => readFileSync(path, 'utf8'));
await openLedger(config.state, config.lake).prepare();
const apis = queryApis(config, undefined);
const hour = 3_600_000;
/** Tables on the Basic plan are asked for the last 30 days. */
const from = Math.floor(Date.now() / hour - 20 * 24) * hour;
let asked = 0;

/** One hour after the other, the same 200 again and again. */
async function lane(app: string, { source }: QueryApi): Promise<void> {
  for (let n = 0; ; n = (n + 1) % 200) {
    const start = from + n * hour;
    const window = { app, signal: 'traces', source: 'query', start, end: start + hour } as const;
    try {
      const reading = await source.open(window, new AbortController().signal);
      for await (const _ of reading.chunks());
      asked += reading.asked;
    } catch (error) {
      process.send?.({ error: error instanceof Error ? error.message : String(error) });
    }
  }
}

process.once('disconnect', () => process.exit());
process.send?.({ ready: true });
for (let lanes = Number(process.env.LANES); lanes > 0; lanes--) for (const [app, api] of apis) void lane(app, api);
setInterval(() => process.send?.({ asked }), 500);
