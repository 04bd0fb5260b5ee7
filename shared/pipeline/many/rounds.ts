/** One of the tasks that go side by side, of a group of which one goes at a time. */
export interface Step {
  readonly group: string;
  /** `together`: waits until all others are done, or wait as well, and then for what all of them wait for. */
  act(together: () => Promise<void>): Promise<void>;
}

/**
 * Tasks in so many lanes. What many of them need, as of a time after they have asked for it, is done once for all
 * (`shared`): whoever waits for it leaves its lane to others, and goes on in one afterwards. No step fails.
 */
export async function inRounds(steps: readonly Step[], lanes: number, shared: () => Promise<void>): Promise<void> {
  let done = Promise.resolve();
  let waiting: Go[] = [];
  let next: readonly Go[] = steps.map(({ group, act }) => ({
    group,
    go: () => {
      let leave = () => {};
      const untilLeft = () =>
        new Promise<void>((resolve) => {
          leave = resolve;
        });
      const left = untilLeft();
      const together = () =>
        new Promise<void>((resume) => {
          const go = () => {
            const again = untilLeft();
            resume(done);
            return again;
          };
          waiting.push({ group, go });
          leave();
        });
      act(together).finally(() => leave());
      return left;
    },
  }));
  while (next.length > 0) {
    await lanesBy(next, lanes);
    next = waiting;
    waiting = [];
    if (next.length === 0) return;
    done = shared();
    await done.catch(() => undefined);
  }
}

/** Resolves when the task is done, or waits for the others. */
interface Go {
  readonly group: string;
  go(): Promise<void>;
}

async function lanesBy(all: readonly Go[], lanes: number): Promise<void> {
  const groups = [...Map.groupBy(all, ({ group }) => group).values()];
  await Promise.all(
    Array.from({ length: Math.min(lanes, groups.length) }, async () => {
      for (let some = groups.shift(); some !== undefined; some = groups.shift()) for (const { go } of some) await go();
    }),
  );
}
