import type { LakeWord, LedgerMark, LedgerPlace } from '../../model.ts';

/** What was found on both sides. */
export interface Found {
  /** Where the lake is, for messages. */
  readonly place: string;
  /** The ledger that asks. */
  readonly here: LedgerPlace;
  readonly lake: LakeWord | undefined;
  readonly ledger: LedgerMark | undefined;
  /** Tag of the ledger's mark; '' where it has none. */
  readonly tag: string;
  /** Windows' files lie in the lake; undefined: not looked at. */
  readonly data: boolean | undefined;
  /** The ledger has windows with files that hold rows, or were only meant to be written; undefined: not looked at. */
  readonly files: 'none' | 'meant' | 'with rows' | undefined;
}

/**
 * - `go on`: they belong together.
 * - `mark`: they do, or nothing says otherwise, and one of them does not say so yet.
 * - `look`: it depends on what lies in both.
 * - `refuse`: nothing may be planned or run; `why` is for a person.
 */
export type Belonging =
  | { readonly do: 'go on' }
  | { readonly do: 'mark' }
  | { readonly do: 'look' }
  | { readonly do: 'refuse'; readonly why: string };

const refuse = (why: string): Belonging => ({ do: 'refuse', why });

/**
 * Whether a ledger describes this lake. A new one in an empty place, and both as earlier versions left them, need
 * nothing by hand; whatever could have rows come twice, or never, is for a person to decide.
 */
export function belongs(found: Found): Belonging {
  const { lake, ledger, here, place } = found;
  if (ledger?.adopting) return refuse(`${place}: its ledger (${placeText(here)}) is not whole yet: ${adoptAgain}`);
  if (lake !== undefined && !samePlace(lake.ledger, here)) return refuse(elsewhere(found, lake));
  if (lake === undefined || ledger === undefined) return firstMeeting(found);
  if (lake.id !== ledger.id)
    return refuse(
      `${place}: this lake is ${lake.id}, and the ledger (${placeText(here)}) describes another one, ${ledger.id}. ` +
        `${nothingRan} Bring back the lake or the ledger that it belongs to; or ${adoptIt}`,
    );
  if (ledger.count < lake.count) return refuse(olderText(found));
  if (ledger.count === lake.count && lake.markTag !== '' && lake.markTag !== found.tag) return refuse(copyText(found));
  return { do: 'go on' };
}

/** One of them, or both, have not heard of the other. */
function firstMeeting({ lake, ledger, here, place, data, files }: Found): Belonging {
  if (data === undefined || files === undefined) return { do: 'look' };
  if (ledger !== undefined) {
    // The lake says nothing: gone, or only its word is. Where the ledger names no file nothing can be missing.
    if (!data && files !== 'with rows') return { do: 'mark' };
    return refuse(data ? wordLost(place, here) : lakeGone(place, here));
  }
  // A lake that was just made, by us: the other half of the mark was not written. (Later it has counted.)
  if (lake !== undefined && lake.count > 0 && files !== 'none') return refuse(olderText({ place, here }));
  if (data && files === 'none') return refuse(ledgerGone(place, here));
  if (!data && files === 'with rows') return refuse(lakeGone(place, here));
  return { do: 'mark' };
}

const nothingRan = 'Nothing was planned or run.';
const adoptIt =
  "insights-lake adopt makes this ledger the lake's from the files that are there (it says what it would do first)";
const adoptAgain = 'insights-lake adopt was interrupted, or is under way; run it again with --write';

const ledgerGone = (place: string, here: LedgerPlace): string =>
  `${place}: files of windows lie in this lake, and the ledger (${placeText(here)}) knows of none: it is new, or ` +
  'was lost. ' +
  `${nothingRan} Restore the ledger from a copy, or choose an empty place for a lake of its own; or ${adoptIt}`;

export const lakeGone = (place: string, here: LedgerPlace): string =>
  `${place}: the ledger (${placeText(here)}) knows windows with files, and none is here: this place is not its lake. ` +
  `${nothingRan} Restore the container (soft delete) or correct the settings; where the lake is gone for good, ` +
  'insights-lake adopt has its windows read again as far as their source still has them (it says what it would do ' +
  'first)';

const wordLost = (place: string, here: LedgerPlace): string =>
  `${place}: the ledger (${placeText(here)}) knows its lake by an id, and this one has none: ` +
  `_insights-lake/lake.json is gone, or this is another lake. ${nothingRan} Restore that file; or ${adoptIt}`;

const comparedBy =
  `${nothingRan} insights-lake adopt compares it with the files that are there, and has what differs run again ` +
  '(it says what it would do first)';

const olderText = ({ place, here }: Pick<Found, 'place' | 'here'>): string =>
  `${place}: the ledger (${placeText(here)}) is older than the lake: a copy from before, restored. ${comparedBy}`;

const copyText = ({ place, here }: Pick<Found, 'place' | 'here'>): string =>
  `${place}: the ledger (${placeText(here)}) was put back from a copy, of which nobody knows how old it is: its mark ` +
  `is not the one that the lake has noted. ${comparedBy}`;

const elsewhere = ({ place, here, ledger }: Found, lake: LakeWord): string =>
  `${place}: this lake belongs to the ledger in ${placeText(lake.ledger)}, not to the one in ${placeText(here)}` +
  `${ledger?.id === lake.id ? ', which is a copy of it' : ''}. ${nothingRan} A lake has one ledger: choose another ` +
  `destination; or, when that ledger is gone for good or its app is stopped, ${adoptIt}`;

export const placeText = (place: LedgerPlace): string =>
  place.kind === 'lake' ? 'the lake itself, as the command line keeps it' : `table ${place.url}/${place.table}`;

export const samePlace = (one: LedgerPlace, other: LedgerPlace): boolean =>
  one.kind === 'table' && other.kind === 'table'
    ? one.url === other.url && one.table === other.table && one.part === other.part
    : one.kind === other.kind;
