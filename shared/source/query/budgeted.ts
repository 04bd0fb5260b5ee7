import type { Budget, Clock, Millis } from '../../model.ts';
import { waitOf } from './outcome.ts';
import type { Ask } from './reply.ts';

/** Longer than this nobody is made to rest by one answer. */
const longest: Millis = 300_000;
const usual: Millis = 5_000;

/** Asks within a budget that all instances share. */
export function within({ enter }: Pick<Budget, 'enter'>, ask: Ask): Ask {
  return async (question) => {
    const leave = await enter(question.abort);
    try {
      return await ask(question);
    } finally {
      leave();
    }
  };
}

/** The same, and who is asked for quiet (429) asks it of everybody. */
export const budgeted = (ask: Ask, budget: Budget, clock: Pick<Clock, 'now'>): Ask =>
  within(budget, async (question) => {
    const reply = await ask(question);
    if (reply.status === 429) {
      const now = clock.now();
      await budget.rest(now + Math.min(longest, waitOf(reply, now) ?? usual));
    }
    return reply;
  });

/** Asks that many questions at a time; the others wait for their turn. */
export function atMost(number: number, ask: Ask): Ask {
  const waiting: (() => void)[] = [];
  let free = number;
  return async (question) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await ask(question);
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}
