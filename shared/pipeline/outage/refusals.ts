import { isStoreFailure } from './outlast.ts';

/** A store that has refused so many feeds in a row would refuse the others as well. */
const most = 10;

/** What is said of the feed that was the last to be looked at. */
export const LEFT_OUT = `; ${most} feeds in a row were refused, and those after it wait for the next look`;

/** Counts feeds that a store refuses, one after the other. */
export function createRefusals() {
  let inARow = 0;
  return {
    /** How the look at a feed ended; true: there is no use in looking at the others. */
    isEnough(error?: unknown): boolean {
      inARow = isStoreFailure(error) ? inARow + 1 : 0;
      return inARow >= most;
    },
  };
}
