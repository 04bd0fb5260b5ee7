/** One instance of the function app as a process: what the triggers call, called by messages of the test. */
import { flushCompileCache } from 'node:module';
import type { Window } from '../../shared/model.ts';
import { wired } from '../../shared/wire.ts';

export type Order =
  | { readonly run: Window }
  | { readonly arrive: string }
  | { readonly plan: true }
  | { readonly sweep: true };

async function obey(order: Order): Promise<unknown> {
  if ('run' in order) return wired().run(order.run);
  if ('arrive' in order) return wired().arrive(order.arrive);
  return 'sweep' in order ? wired().sweep() : wired().plan();
}

process.on('message', ({ id, order }: { id: number; order: Order }) => {
  obey(order).then(
    (outcome) => process.send?.({ id, outcome }),
    (error: unknown) => process.send?.({ id, error: error instanceof Error ? error.message : String(error) }),
  );
});
process.once('disconnect', () => process.exit());
flushCompileCache(); // most instances are killed before they could
process.send?.({ ready: true });
