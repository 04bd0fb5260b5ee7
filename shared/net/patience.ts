/** So many bytes are some: some gateways send a space now and then, to keep a line open on which nothing comes. */
const SOME = 1024;

/** How long a body may still take to bring some bytes more. In milliseconds. */
export interface Patience {
  /** Waits for more from now on; returns how long it may. */
  begin(): number;
  /** So many bytes came. What follows until the next `begin` is no time of whoever sends them. */
  took(bytes: number): void;
}

/** `idle`: how long a body may stand still, or bring next to nothing. */
export function createPatience(idle: number): Patience {
  let [left, began, got] = [idle, 0, 0];
  return {
    begin: () => {
      began = performance.now();
      return left;
    },
    took: (bytes) => {
      got += bytes;
      left -= performance.now() - began;
      if (got >= SOME) [left, got] = [idle, 0];
    },
  };
}
