/** Values go from whoever makes them to one reader, one at a time and none on store. */
export interface Handover<T> {
  /** Resolves when the reader asks for the next value; throws when nobody reads any more. */
  put(value: T): Promise<void>;
  /** No more values come. */
  end(): void;
  /** For one reader. */
  values(): AsyncGenerator<T, void>;
}

export function createHandover<T>(): Handover<T> {
  let waiting: { readonly value: T; resolve(): void; reject(error: Error): void } | undefined;
  let wake = (): void => {};
  let [ended, left] = [false, false];
  const gone = () => new Error('nobody reads any more');
  return {
    put: (value) =>
      new Promise((resolve, reject) => {
        if (left) return reject(gone());
        waiting = { value, resolve, reject };
        wake();
      }),
    end() {
      ended = true;
      wake();
    },
    async *values() {
      try {
        for (;;) {
          while (waiting === undefined && !ended)
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          if (waiting === undefined) return;
          yield waiting.value;
          const { resolve } = waiting;
          waiting = undefined;
          resolve();
        }
      } finally {
        left = true;
        waiting?.reject(gone());
      }
    },
  };
}
