import assert from 'node:assert/strict';
import type { RunOutcome } from '../../shared/pipeline/run.ts';
import type { ManualClock } from './world.ts';

/** A run whose every call across a port waits until the test lets it go on. */
export interface Runner {
  readonly outcome: Promise<RunOutcome | 'crashed'>;
  /** Calls that wait at the gate. */
  readonly waiting: ((lost?: Error) => void)[];
  ended: boolean;
}

export function startRunner(run: (gate: () => Promise<void>) => Promise<RunOutcome>): Runner {
  const waiting: ((lost?: Error) => void)[] = [];
  const gate = () =>
    new Promise<void>((resolve, reject) => {
      waiting.push((lost) => (lost === undefined ? resolve() : reject(lost)));
    });
  const runner: Runner = { waiting, ended: false, outcome: run(gate).catch(() => 'crashed' as const) };
  void runner.outcome.then(() => {
    runner.ended = true;
  });
  return runner;
}

export const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Lets one call go on. */
export async function step(runner: Runner | undefined): Promise<void> {
  runner?.waiting.shift()?.();
  await settle();
}

/** The call at the gate gets no answer: it was not done, or it was done and nobody hears of it. */
export async function cut(runner: Runner | undefined): Promise<void> {
  runner?.waiting.shift()?.(new Error('no answer, asked twice (NoAnswer)'));
  await settle();
}

/** Lets a runner go on to its end. */
export async function drain(runner: Runner, clock: ManualClock, pause: number): Promise<void> {
  for (let turns = 0; !runner.ended && turns < 2000; turns++) {
    for (const pass of runner.waiting.splice(0)) pass();
    await settle();
    if (runner.waiting.length === 0 && !runner.ended) clock.advance(pause);
  }
  assert.ok(runner.ended, 'the runner came to an end');
}
