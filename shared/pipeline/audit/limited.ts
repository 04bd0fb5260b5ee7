import type { Clock, Millis } from '../../model.ts';

/** Ends with `abort`, or when the time is over. `late`: that it is, in words; '' while it is not. */
export function limitedTo(time: Millis, clock: Clock, abort: AbortSignal) {
  const [over, closed] = [new AbortController(), new AbortController()];
  if (Number.isFinite(time))
    clock.sleep(Math.max(0, time), closed.signal).then(
      () => over.abort(),
      () => undefined,
    );
  const why = `not done in ${Math.round(time / 1000)} s, and the host ends what takes longer; it is looked at again`;
  return {
    abort: AbortSignal.any([abort, over.signal]),
    late: () => (over.signal.aborted ? why : ''),
    close: () => closed.abort(),
  };
}
