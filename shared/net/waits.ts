/**
 * Whoever sits at a terminal hears what is waited for. Nobody listens in the app, whose log says how long a run took.
 */
let listener: ((text: string) => void) | undefined;

export function tellWaits(listen: ((text: string) => void) | undefined): void {
  listener = listen;
}

/** Says what is waited for. */
export const tellWait = (text: string): void => listener?.(text);

/** Says so when it takes longer than a moment, and again now and then. */
export async function whileWaiting<T>(what: string, wait: Promise<T>, first = 5_000, then = 30_000): Promise<T> {
  const started = performance.now();
  let timer = setTimeout(say, first);
  function say(): void {
    tellWait(`waiting for ${what}, ${Math.round((performance.now() - started) / 1000)} s so far`);
    timer = setTimeout(say, then);
    timer.unref();
  }
  timer.unref();
  try {
    return await wait;
  } finally {
    clearTimeout(timer);
  }
}
