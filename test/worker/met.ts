/** Calls that were met, and what was the worst of them. */
import { MINUTE } from './inputs.ts';

export interface Met {
  readonly at: number;
  readonly step: string;
}

/** Those of the worst minute. */
export function worstOf(all: readonly Met[], began: number, ended: number): readonly Met[] {
  let worst: readonly Met[] = [];
  for (let from = began; from === began || from + MINUTE <= ended; from += 1_000) {
    const here = all.filter(({ at }) => at >= from && at < from + MINUTE);
    if (here.length > worst.length) worst = here;
  }
  return worst;
}

/** Most frequent first; what differs from case to case is left out. */
export function counted(errors: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const error of errors) {
    const text = error.replace(/https?:\/\/\S+/g, 'URL').replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME');
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [...counts].sort(([, one], [, other]) => other - one).map(([text, count]) => `${count} × ${text}`);
}
