import type { Signal, Window } from '../../shared/model.ts';
import type { Task, TaskOutcome } from './ports.ts';
import type { Left } from './run-tasks.ts';

/** So many failures in a row, without a success between them, and the rest would fail as well. */
const hopeless = 3;

interface Refusals {
  readonly app: string;
  readonly signal: Signal | undefined;
  readonly reason: string;
  readonly inRow: number;
  readonly failed: number;
}

type Named = Pick<Window, 'app' | 'signal'>;

/** How many windows of an app and signal were not tried. */
export interface Untried extends Named {
  readonly count: number;
}

type Ending = 'source' | 'destination' | 'machine';

/**
 * When to stop asking. A refusal belongs to whom it names: an app or a table of it is left after three in a row, and
 * everything else goes on. Only what names nobody (no network, no sign-in, no destination) ends the run. Failures at
 * the same time are one: a network that is away for a moment fails every window that is under way.
 */
export function createPatience() {
  const refusals = new Map<string, Refusals>();
  let inRow: TaskOutcome['side'][] = [];
  let [clock, counted] = [0, -1];
  const isLeft = (key: string): boolean => (refusals.get(key)?.inRow ?? 0) >= hopeless;
  const leftOf = (feed: Named): string | undefined => keysOf(feed).find(isLeft);
  return {
    /** A mark for the moment that a window begins. */
    begin: (): number => clock++,
    leaves: ({ window }: Task): boolean => leftOf(window) !== undefined,
    /** Names what is left from now on, once. */
    note: (task: Task, outcome: TaskOutcome, begun: number): string | undefined => {
      if (outcome.state !== 'failed') {
        inRow = [];
        // a window that was there already says nothing of who would answer now
        if (outcome.state === 'done') for (const key of keysOf(task.window)) forget(refusals, key);
        return undefined;
      }
      if (outcome.refused !== undefined) {
        inRow = [];
        return outcome.refused.of === 'files' ? undefined : refuse(task, outcome.refused);
      }
      if (begun > counted) {
        inRow = [...inRow, outcome.side].slice(-hopeless);
        counted = clock++;
      }
      return undefined;
    },
    /** The side that ends the run. */
    ended: (): Ending | undefined => {
      const [side] = inRow.length >= hopeless && new Set(inRow).size === 1 ? inRow : [];
      return side === 'unknown' ? undefined : side;
    },
    left: (untried: readonly Untried[]): Left[] =>
      [...refusals]
        .filter(([key]) => isLeft(key))
        .map(([key, { app, signal, reason, failed }]) => ({
          ...{ app, signal, reason, failed },
          untried: untried.reduce((sum, each) => sum + (leftOf(each) === key ? each.count : 0), 0),
        })),
  };

  function refuse(task: Task, { of, reason }: { readonly of: string; readonly reason: string }): string | undefined {
    const [whole, table] = keysOf(task.window);
    const [key, signal] = of === 'app' ? [whole, undefined] : [table, task.window.signal];
    const seen = refusals.get(key);
    const inRowNow = (seen?.inRow ?? 0) + 1;
    refusals.set(key, { app: task.window.app, signal, reason, inRow: inRowNow, failed: (seen?.failed ?? 0) + 1 });
    return inRowNow === hopeless ? [task.window.app, signal].filter((word) => word !== undefined).join(' ') : undefined;
  }
}

const keysOf = ({ app, signal }: Named): readonly [app: string, table: string] => [app, `${app}\n${signal}`];

function forget(refusals: Map<string, Refusals>, key: string): void {
  const seen = refusals.get(key);
  if (seen !== undefined && seen.inRow < hopeless) refusals.set(key, { ...seen, inRow: 0 });
}
