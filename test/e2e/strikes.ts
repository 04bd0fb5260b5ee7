import assert from 'node:assert/strict';
import type { FunctionApp } from './functionApp.ts';
import type { Instance } from './instance.ts';

/** The same work by two: the first is struck, the second has to finish it. */
export interface Work {
  begin(runner: Instance): Promise<unknown>;
  /** What happens at the source in between; not struck: after the first was done. */
  change(struck: boolean): Promise<void>;
  finish(runner: Instance): Promise<{ readonly state: string; readonly error: string } | undefined>;
}

/** Victims live so far in the past that their claims (10 s) have run out for everybody else. */
const PAST = -60_000;

async function assertFinished(work: Work, { instance }: FunctionApp): Promise<void> {
  const outcome = await work.finish(instance);
  assert.ok(outcome?.state === 'done' || outcome?.state === 'unchanged', `${outcome?.state}: ${outcome?.error}`);
}

/**
 * The process dies as storage has done its `count`-th call, before the answer is given. Resolves with whether it made
 * so many calls that it was struck.
 */
async function killedAfter(count: number, victim: Instance, work: Work, app: FunctionApp): Promise<boolean> {
  let done = 0;
  app.proxy.gate = {
    after: async () => {
      if (++done === count) await victim.kill();
    },
  };
  const struck = await work.begin(victim).then(
    () => false,
    (error: Error) => error.message === 'killed',
  );
  app.proxy.gate = undefined;
  await work.change(struck);
  await assertFinished(work, app);
  return struck;
}

/** The process stops before its `count`-th call reaches storage; call and process go on when a successor is done. */
async function stalledBefore(count: number, victim: Instance, work: Work, app: FunctionApp): Promise<boolean> {
  let come = 0;
  let goOn = (): void => undefined;
  const stopped = new Promise<true>((stop) => {
    app.proxy.gate = {
      before: async () => {
        if (++come !== count) return;
        victim.child.kill('SIGSTOP');
        const woken = new Promise<void>((resolve) => {
          goOn = resolve;
        });
        stop(true);
        await woken;
      },
    };
  });
  const ended = work.begin(victim).then(
    () => false,
    () => false,
  );
  const struck = await Promise.race([stopped, ended]);
  app.proxy.gate = undefined;
  await work.change(struck);
  await assertFinished(work, app);
  goOn();
  victim.child.kill('SIGCONT');
  await ended;
  await assertFinished(work, app);
  return struck;
}

/** Works struck by one call later each, until they end before. */
async function strikeEach(strike: (count: number) => Promise<boolean>): Promise<number> {
  let struck = 0;
  // Some works need a call less than others: only two in a row that were not struck are the end.
  for (let [count, missed] = [1, 0]; missed < 2; count++) {
    const hit = await strike(count);
    struck += hit ? 1 : 0;
    missed = hit ? 0 : missed + 1;
  }
  return struck;
}

/**
 * Killed after each call to storage, those with which a process looks whether lake, ledger and queue are there among
 * them; and stalled before each, always the same process, which has looked and goes on with the next work after every
 * successor.
 */
export async function strikeEverywhere(
  app: FunctionApp,
  nextWork: (strike: 'kill' | 'stall') => Work,
): Promise<string> {
  let next = app.start(PAST); // while one is struck the next one starts
  const kills = await strikeEach(async (count) => {
    const victim = await next;
    next = app.start(PAST);
    return killedAfter(count, victim, nextWork('kill'), app);
  });
  const victim = await next;
  const first = nextWork('kill');
  await first.begin(victim);
  await first.change(false);
  await assertFinished(first, app);
  const stalls = await strikeEach((count) => stalledBefore(count, victim, nextWork('stall'), app));
  assert.ok(kills > 12 && stalls > 6, `${kills} kills, ${stalls} stalls`);
  return `${kills} kills, ${stalls} stalls`;
}
