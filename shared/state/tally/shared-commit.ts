import { failureCode } from '../../lake/failure.ts';
import type { TransactionAction } from '../table-calls.ts';

type Changes = readonly TransactionAction[];

/** A transaction holds so many changes, of at most 4 MB together: a row of a tally has some kB. */
const MOST = 100;

interface Waiting {
  readonly changes: Changes;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

interface Fault {
  readonly error: unknown;
}
const wrapped = (error: unknown): Fault => ({ error });

/** What the service says of changes that it will never take. */
const REFUSED = /^(RequestBodyTooLarge|EntityTooLarge|PropertyValueTooLarge|InvalidInput|HTTP 4(00|13))$/;

/**
 * Commits changes of one partition, at most 100 at a time, that depend on nothing: what comes while a transaction is
 * under way shares the next one. Where that is refused for what is in it, each caller's is tried alone; where the
 * service is away all of them hear it at once.
 */
export function createShared(commit: (changes: Changes) => Promise<void>): (changes: Changes) => Promise<void> {
  let waiting: readonly Waiting[] = [];
  let underWay = false;
  async function commitAll(): Promise<void> {
    while (waiting.length > 0) {
      const group = firstOf(waiting);
      waiting = waiting.filter((each) => !group.includes(each));
      const fault = await commit(group.flatMap(({ changes }) => changes)).then(() => undefined, wrapped);
      for (const each of group) await told(each, fault, group.length > 1);
    }
    underWay = false;
  }

  const told = async ({ changes, done, failed }: Waiting, fault: Fault | undefined, wasShared: boolean) => {
    if (fault === undefined) done();
    else if (wasShared && REFUSED.test(failureCode(fault.error))) await commit(changes).then(done, failed);
    else failed(fault.error);
  };

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
