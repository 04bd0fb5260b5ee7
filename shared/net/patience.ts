/**
 * What a living answer brings in the time that it may stand still, a minute: a kilobyte a second. Less is a trickle:
 * some gateways send a space now and then, to keep a line open on which nothing comes.
 */
const SOME = 64 * 1024;

/** How long a body may still take to bring some bytes more. In milliseconds. */
export interface Patience {
  /** Waits for more from now on; returns how long it may. */
  begin(): number;
  /** So many bytes came. What follows until the next `begin` is no time of whoever sends them. */
  took(bytes: number): void;
  /** How much came since it was last enough, and in all. */
  came(): { readonly since: number; readonly all: number };
}

/** `idle`: how long a body may stand still, or trickle. */
export function createPatience(idle: number): Patience {
  let [left, began, since, all] = [idle, 0, 0, 0];
  return {
    begin: () => {
      began = performance.now();
      return Math.max(1, left);
    },
    took: (bytes) => {
      since += bytes;
      all += bytes;
      left -= performance.now() - began;
      if (since >= SOME) [left, since] = [idle, 0];
    },
    came: () => ({ since, all }),
  };
}
