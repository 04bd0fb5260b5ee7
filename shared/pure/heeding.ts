/** The pieces, until it is aborted: also while the next one does not come. Then whoever gives them is left alone. */
export async function* heeding<T>(pieces: AsyncIterable<T>, abort: AbortSignal): AsyncGenerator<T> {
  const given = pieces[Symbol.asyncIterator]();
  try {
    for (;;) {
      abort.throwIfAborted();
      const next = await unlessAborted(given.next(), abort);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    const end = given.return?.();
    // Whoever stands still may end never.
    if (abort.aborted) end?.catch(() => undefined);
    else await end;
  }
}

/** A listener for each piece: one promise for all of them, in a race with each, would keep every piece in memory. */
function unlessAborted<R>(next: Promise<R>, abort: AbortSignal): Promise<R> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(abort.reason);
    abort.addEventListener('abort', stop, { once: true });
    next.then(resolve, reject).finally(() => abort.removeEventListener('abort', stop));
  });
}
