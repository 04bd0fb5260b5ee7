/** Calls that follow each other, whether the one before succeeds or fails. */
export function inTurn(): <T>(call: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (call) => {
    const turn = last.then(call, call);
    last = turn.catch(() => undefined);
    return turn;
  };
}
