/** The pieces, until it is aborted: also while the next one does not come. Then whoever gives them is left alone. */
export async function* heeding<T>(pieces: AsyncIterable<T>, abort: AbortSignal): AsyncGenerator<T> {
  const given = pieces[Symbol.asyncIterator]();
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(abort.reason);
    abort.addEventListener('abort', stop);
  });
  aborted.catch(() => undefined);
  try {
    for (;;) {
      abort.throwIfAborted();
      const next = await Promise.race([given.next(), aborted]);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    abort.removeEventListener('abort', stop);
    const end = given.return?.();
    // Whoever stands still may end never.
    if (abort.aborted) end?.catch(() => undefined);
    else await end;
  }
}
