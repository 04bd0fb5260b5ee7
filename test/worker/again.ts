/** Windows that there is something to do for. */
import assert from 'node:assert/strict';
import { askedAgain } from '../../shared/pipeline/entry.ts';
import { HOUR, MINUTE, message, START } from './inputs.ts';
import { type Ended, type Scene, until } from './scene.ts';

/** Hours of the day, which have rows. */
const hours = Array.from({ length: 14 }, (_, n) => 9 + n);

/** The message of the `n`-th of them, in turn: one that was done is due again. */
export async function dueAgain({ ledger }: Scene, n: number): Promise<string> {
  const hour = hours[n % hours.length] ?? assert.fail();
  const [text, start] = [message(hour), START + hour * HOUR];
  const found = await ledger.read({ app: 'shop', signal: 'requests', source: 'query', start, end: start + HOUR });
  assert.ok(found, text);
  if (found.value.state === 'done') await ledger.write(askedAgain(found.value, 0), found.etag);
  return text;
}

/** Calls it until it has come about, as the ledger has it: again when its back-off has passed. */
export async function untilEnded(scene: Scene, name: string, text: string): Promise<void> {
  let last: Ended | undefined;
  const isDone = async () => {
    last = await scene.call(name, text);
    const isOver = name === 'planWindows' || /"state":"(done|unchanged)"/.test(last.logs.join('\n'));
    return last.error === '' && isOver;
  };
  assert.notEqual(await until(isDone, 40 * MINUTE), undefined, `${name} ${text}: ${JSON.stringify(last)}`);
}

/** Runs all that is left; throws unless the lake is whole then, and nobody holds a window. How many rows that is. */
export async function assertAllDone(scene: Scene): Promise<number> {
  const isWhole = async () => {
    await scene.call('planWindows');
    for (const { window, state, again } of await scene.entries()) {
      if (state === 'done' && !again) continue;
      if (window.source === 'query') await scene.call('runWindow', message((window.start - START) / HOUR));
      else await scene.call('sweepBlobs');
    }
    return scene.isWhole();
  };
  await until(isWhole, 60 * MINUTE);
  const rows = await scene.assertWhole();
  const open = (await scene.entries()).filter(({ state, leaseUntil }) => state !== 'done' || leaseUntil !== 0);
  assert.deepEqual(open, []);
  return rows;
}
