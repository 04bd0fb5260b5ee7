import type { Ledger, Window } from '../shared/model.ts';
import type { TaskOutcome } from './ports.ts';

/** Runs what stands in the ledger for a window that was halved, oldest first: to the user it is one window all the same. */
export async function runHalves(
  { app, signal, source, start, end }: Window,
  ledger: Ledger,
  run: (window: Window) => Promise<TaskOutcome>,
): Promise<TaskOutcome> {
  const windows: Window[] = [];
  for await (const { window, state } of ledger.list({ app, signal, source }, { start, end }))
    if (state !== 'halved' && window.end <= end) windows.push(window);
  const outcomes: TaskOutcome[] = [];
  for (const window of windows) outcomes.push(await run(window));
  return asOne(outcomes);
}

const states = ['failed', 'busy', 'done', 'unchanged'] as const;

/** The worst of their states, and the sum of what they brought. */
function asOne(outcomes: readonly TaskOutcome[]): TaskOutcome {
  const state = states.find((each) => outcomes.some((outcome) => outcome.state === each)) ?? 'unchanged';
  const { error, side } = outcomes.find((outcome) => outcome.state === state) ?? { error: '', side: 'unknown' as const };
  const sum = (value: (outcome: TaskOutcome) => number): number => outcomes.reduce((total, outcome) => total + value(outcome), 0);
  return {
    state,
    error,
    side,
    counts: {
      read: sum(({ counts }) => counts.read),
      written: sum(({ counts }) => counts.written),
      deduplicated: sum(({ counts }) => counts.deduplicated),
      filtered: sum(({ counts }) => counts.filtered ?? 0),
      quarantined: sum(({ counts }) => counts.quarantined),
    },
    files: sum(({ files }) => files),
    bytes: sum(({ bytes }) => bytes),
    retryAt: Math.max(0, ...outcomes.map(({ retryAt }) => retryAt)),
  };
}
