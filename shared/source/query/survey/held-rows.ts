import type { RowsTaker } from '../reply.ts';

/** Keeps the rows of an answer that is known to be small. */
export interface HeldRows extends RowsTaker {
  /** All of them, a JSON array each; `rest`: those that were not taken. */
  lines(rest: Uint8Array): readonly string[];
}

export function createHeldRows(): HeldRows {
  let held: Uint8Array[] = [];
  return {
    take: async (rows) => void held.push(rows.slice()),
    takeBack: async () => {
      held = [];
    },
    lines: (rest) =>
      Buffer.concat([...held, rest])
        .toString('utf8')
        .split('\n')
        .filter((line) => line !== ''),
  };
}
