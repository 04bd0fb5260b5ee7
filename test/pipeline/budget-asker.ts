/**
 * One process of the app that asks the query API as fast as its budget lets it, for budget-processes.test.ts. Its clock
 * is wrong by SKEW_MS, its environment that of an app.
 */
import { readFileSync } from 'node:fs';

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
const source = queryApis(config, undefined).get('shop')?.source;
const hour = 3_600_000;
let asked = 0;

async function lane(): Promise<void> {
  for (let n = 0; ; n++) {
    const window = { app: 'shop', signal: 'traces', source: 'query', start: n * hour, end: (n + 1) * hour } as const;
    try {
      const reading = await source?.open(window, new AbortController().signal);
      for await (const _ of reading?.chunks() ?? []);
      asked += reading?.asked ?? 0;
    } catch (error) {
      process.send?.({ error: error instanceof Error ? error.message : String(error) });
    }
  }
}

process.once('disconnect', () => process.exit());
process.send?.({ ready: true });
for (let lanes = Number(process.env.LANES); lanes > 0; lanes--) void lane();
setInterval(() => process.send?.({ asked }), 500);
