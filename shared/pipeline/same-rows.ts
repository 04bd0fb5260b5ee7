/**
 * Fingerprints of query windows: `rows:12 latest:2026-11-21T03:00:00.1234567Z ids:123456`, of which an endpoint may
 * leave out all but the rows; `absent` where a workspace has no such table.
 */

/** Whether both can be of the same rows: whatever both of them tell agrees. */
export function sameRows(known: string, seen: string): boolean {
  const [before, now] = [factsOf(known), factsOf(seen)];
  if (before === undefined || now === undefined || before.rows !== now.rows) return false;
  const agree = (one: string | undefined, other: string | undefined) =>
    one === undefined || other === undefined || one === other;
  return agree(before.latest, now.latest) && agree(before.ids, now.ids);
}

/** How many rows a fingerprint is of; undefined when it is none of a query window. */
export const rowsOf = (fingerprint: string): number | undefined => factsOf(fingerprint)?.rows;

interface RowFacts {
  readonly rows: number;
  readonly latest: string | undefined;
  readonly ids: string | undefined;
}

function factsOf(fingerprint: string): RowFacts | undefined {
  if (fingerprint === 'absent') return { rows: 0, latest: undefined, ids: undefined };
  const [, rows, latest, ids] = /^rows:(\d+)(?: latest:(\S+))?(?: ids:(-?\d+))?$/.exec(fingerprint) ?? [];
  return rows === undefined ? undefined : { rows: Number(rows), latest, ids };
}
