import assert from 'node:assert/strict';
import type { RunOutcome } from '../../shared/pipeline/run.ts';
import { DoneLater, type ManualClock } from './world.ts';

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

/**
 * The call at the gate stands still until its limits have passed (HTTP_LIMITS: half a minute, and once more), while
 * time goes on for all others; then it gets no answer. Done or not, as `cut`.
 */
export async function hang(runner: Runner | undefined, clock: ManualClock): Promise<void> {
  const call = runner?.waiting.shift();
  for (let twice = 0; twice < 2; twice++) {
    clock.advance(30_000);
    await settle();
  }
  call?.(new Error('no answer, asked twice (NoAnswer)'));
  await settle();
}

/** The call at the gate gets no answer, and is done only when what is put into `kept` is called. */
export async function putOff(runner: Runner | undefined, kept: (() => Promise<unknown>)[]): Promise<void> {
  runner?.waiting.shift()?.(new DoneLater(kept));
  await settle();
}

/** Does what was put off, in whatever order it stands there. What has lost its race by now is refused. */
export async function doLate(kept: (() => Promise<unknown>)[]): Promise<void> {
  for (const late of kept.splice(0)) await late().catch(() => undefined);
}

/**
 * How long a test of chaos is: CHAOS_TIMES as many plans as usual; CHAOS_SEED and CHAOS_PATH repeat one that failed.
 */
export const chaosRuns = (usual: number) => ({
  numRuns: usual * Number(process.env.CHAOS_TIMES ?? 1),
  ...(process.env.CHAOS_SEED !== undefined && { seed: Number(process.env.CHAOS_SEED) }),
  ...(process.env.CHAOS_PATH !== undefined && { path: process.env.CHAOS_PATH }),
});

/** What a test of chaos did, for its diagnostics. */
export function chaosFacts() {
  const facts: Record<string, number> = {};
  return {
    count: (what: string, by = 1) => {
      facts[what] = (facts[what] ?? 0) + by;
    },
    said: () =>
      Object.entries(facts)
        .sort()
        .map(([what, count]) => `${what} ${count}`)
        .join(', '),
  };
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
