import type { Feed, Look, UnseenPlace } from '../model.ts';
import { sameRows } from './same-rows.ts';

/**
 * What is to be done about a window whose source looked like `known` when it was last done ('' when it never was).
 * - `run`: bring it up to date. `same`: the lake has it.
 * - `kept`: the source differs but holds less than the lake (its folder was emptied, some of its blobs are archived):
 *   the lake stays.
 */
export type Verdict = 'run' | 'same' | 'kept';

export function verdictOf(known: string, seen: Look): Verdict {
  if (known === '') return seen.empty ? 'same' : 'run';
  if (!seen.empty && sameSource(known, seen)) return 'same';
  return loses(known, seen) === '' ? 'run' : 'kept';
}

/**
 * The marks are those of `Look`: a record left for later waits while its blob may grow, archived blobs until they can
 * be read.
 */
function sameSource(known: string, { fingerprint, archived = 0 }: Look): boolean {
  const [before, now] = [partsOf(known), partsOf(fingerprint)];
  if (before.marks.includes('requeued')) return false;
  if (before.hash !== now.hash && !sameRows(before.hash, now.hash)) return false;
  return (
    (!before.marks.includes('tail') || now.marks.includes('open')) &&
    (!before.marks.includes('archived') || archived > 0)
  );
}

/**
 * Why a run now would lose rows that the lake has, and what to do; '' when it would not: nothing is there any more, or
 * some blobs cannot be read, and the lake was not made without them. What was read without archived blobs can be read
 * so once more as long as nothing else has changed.
 */
export function loses(known: string, seen: Look): string {
  if (known === '') return '';
  const { fingerprint, empty, archived = 0 } = seen;
  const hole = holeIn(known, seen);
  if (hole !== '')
    return (
      `its blobs are in ${hole}, which is not there (or not any more), and its files stay as they are; bring it ` +
      'back, or take it out of the settings when its blobs are gone for good'
    );
  if (empty && archived === 0)
    return 'its blobs are gone, and its files stay as they are; set EXPORT_EMPTIED=follow to have them emptied';
  const { hash, marks } = partsOf(known);
  if (archived === 0 || (marks.includes('archived') && hash === partsOf(fingerprint).hash)) return '';
  return `${archived} of its blobs are archived, and its files stay as they are; rehydrate the blobs to have them read`;
}

/**
 * The containers that the window had blobs of and that cannot be seen now; '' when there are none. What was read before
 * the fingerprint told may have had some in any of them.
 */
export function holeIn(known: string, { unseen = [] }: Pick<Look, 'unseen'>): string {
  if (known === '' || unseen.length === 0) return '';
  const held = /\+in=([0-9a-f.]*)/.exec(partsOf(known).marks)?.[1]?.split('.');
  return unseen
    .filter(({ key }) => held === undefined || held.includes(key))
    .map(({ name }) => name)
    .join(', ');
}

/** Those that may hold blobs of that feed. */
export const unseenFor = (unseen: readonly UnseenPlace[], { source, signal }: Feed): readonly UnseenPlace[] =>
  unseen.filter(({ only }) => only === undefined || (only.layout === source && (only.signal ?? signal) === signal));

function partsOf(fingerprint: string): { readonly hash: string; readonly marks: string } {
  const marks = /(?:\+(?:open|tail|archived|requeued|in=[0-9a-f.]*))*$/.exec(fingerprint)?.[0] ?? '';
  return { hash: fingerprint.slice(0, fingerprint.length - marks.length), marks };
}

export const isRequeued = (known: string): boolean => partsOf(known).marks.includes('requeued');
/** Of a window of which only the rows in the lake are known these do not count any more: somebody wants it run. */
export const unrequeued = (known: string): string =>
  isRequeued(known) ? known.replace('+requeued', '').replace(/^adopted:\d+$/, 'adopted') : known;

/**
 * A fingerprint that no source looks like: the window runs again although its source is as it was (code or settings are
 * not).
 */
export const requeuedFingerprint = (known: string): string =>
  known === '' || isRequeued(known) ? known : `${known}+requeued`;

/**
 * Of a window that the lake tells of and no ledger: how many rows its files hold is all that is known. An audit
 * confirms a query window by that; the blobs of another are unlike it, and it runs once more.
 */
export const adoptedFingerprint = ({ source }: Feed, rows: number): string =>
  source === 'query' ? `rows:${rows}` : `adopted:${rows}`;

/** The rows that the lake has of such a window of blobs; undefined where more is known, or it was asked for since. */
export function adoptedRows(known: string): number | undefined {
  const [, rows] = /^adopted:(\d+)$/.exec(known) ?? [];
  return rows === undefined ? undefined : Number(rows);
}
