import type { TransactionAction } from '../table-calls.ts';

type Changes = readonly TransactionAction[];

/** A transaction holds so many changes, of at most 4 MB together: a row of a tally has some kB. */
const MOST = 100;

interface Waiting {
  readonly changes: Changes;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Commits changes of one partition, at most 100 at a time, that depend on nothing: what comes while a transaction is
 * under way shares the next one. Each caller hears how it went with its own; where others could be to blame it is
 * tried alone.
 */
export function createShared(commit: (changes: Changes) => Promise<void>): (changes: Changes) => Promise<void> {
  let waiting: readonly Waiting[] = [];
  let underWay = false;
  const alone = ({ changes, done, failed }: Waiting) => commit(changes).then(done, failed);

  async function commitAll(): Promise<void> {
    while (waiting.length > 0) {
      const group = firstOf(waiting);
      waiting = waiting.filter((each) => !group.includes(each));
      const all = group.flatMap(({ changes }) => changes);
      const isDone =
        group.length > 1 &&
        (await commit(all).then(
          () => true,
          () => false,
        ));
      if (isDone) for (const { done } of group) done();
      else for (const each of group) await alone(each);
    }
    underWay = false;
  }

  return (changes) =>
    new Promise<void>((done, failed) => {
      waiting = [...waiting, { changes, done, failed }];
      if (underWay) return;
      underWay = true;
      void commitAll();
    });
}

/** As many as fit, in order; no row twice. */
function firstOf(waiting: readonly Waiting[]): readonly Waiting[] {
  const rows = new Set<string>();
  const group: Waiting[] = [];
  for (const each of waiting) {
    const own = each.changes.map(([, row]) => row.rowKey);
    if (rows.size + own.length > MOST && group.length > 0) break;
    if (own.some((row) => rows.has(row))) continue;
    for (const row of own) rows.add(row);
    group.push(each);
  }
  return group;
}
