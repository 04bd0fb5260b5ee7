import type { LakeWord, Ledger, LedgerMark, LedgerPlace, Millis, ObjectStore, Versioned } from '../../model.ts';
import { belongs, type Found } from './belong.ts';
import { putLakeWord, readLakeWord } from './lake-word.ts';
import { filesOfLake } from './own-files.ts';

/** The ledger does not describe this lake, or not any more: nothing runs before a person has decided. */
export class NotItsLake extends Error {
  constructor(why: string) {
    super(why);
    this.name = 'NotItsLake';
  }
}

export interface MeetPorts {
  readonly lake: ObjectStore;
  readonly ledger: Ledger;
  /** Where the ledger is. */
  readonly here: LedgerPlace;
  readonly now: () => Millis;
  /** A word that was never used before. */
  readonly newId: () => string;
  /** Version of the product. */
  readonly product: string;
  /** Path templates of the settings; those that the lake knows of former ones join them. Left out: nobody asks. */
  readonly templates?: Set<string>;
}

/** What a process knows of its lake from one meeting to the next. */
export interface Met {
  /** Of the lake's word; undefined: not known. */
  readonly tag: string | undefined;
  /** When it has counted itself, by its clock. */
  readonly countedAt: Millis;
}

const never: Met = { tag: undefined, countedAt: Number.NEGATIVE_INFINITY };

/** So often ledger and lake are looked at, and count. */
export const countEvery: Millis = 5 * 60_000;

/**
 * Makes sure that the ledger describes this lake, before anything is planned or run. Throws NotItsLake. Where neither
 * knows the other yet both are marked: the lake first, so that of two ledgers that meet one empty lake at once only one
 * is its own; a crash between the two is made good by the next meeting. Costs three calls where they know each other,
 * and three more where it counts. `before`: what the meeting before returned, `every` ago: as long as the tag is the
 * same nobody has counted since, whatever clocks say; and who has counted itself, by its own clock, counts no more
 * until `every` has passed: others may have clocks that say otherwise.
 */
export async function meetLake(ports: MeetPorts, every: Millis = countEvery, before: Met = never): Promise<Met> {
  const now = ports.now();
  const { countedAt } = before;
  for (;;) {
    const { word, mark, verdict } = await judged(ports);
    if (verdict.do === 'refuse') throw new NotItsLake(verdict.why);
    if (verdict.do === 'go on') {
      if (word === undefined || mark === undefined) return { tag: undefined, countedAt };
      if (!(await sharesPaths(word, ports))) continue;
      const isFresh = isNoted(word.value, mark.value, ports) && word.etag !== before.tag;
      if (isFresh && (isRecent(before, now, every) || isRecent(word.value, now, every)))
        return { tag: word.etag, countedAt };
      const tag = await count(word, mark, ports);
      return { tag, countedAt: tag === undefined ? countedAt : now };
    }
    await markBoth(word, mark, ports);
  }
}

/**
 * Who changes how files are named leaves those that lie there: so the lake keeps how they were, before any is put in
 * another way. False: it was told, or somebody else was first; look again.
 */
async function sharesPaths({ value, etag }: Versioned<LakeWord>, { lake, templates }: MeetPorts): Promise<boolean> {
  if (templates === undefined) return true;
  for (const path of value.paths) templates.add(path);
  if (templates.size === new Set(value.paths).size) return true;
  await putLakeWord(lake, { ...value, paths: [...templates] }, etag);
  return false;
}

/** A time that is still to come is one of a machine whose clock is ahead, and tells nothing. */
const isRecent = ({ countedAt }: Pick<LakeWord, 'countedAt'>, now: Millis, every: Millis): boolean =>
  countedAt <= now && now < countedAt + every;

const isNoted = (word: LakeWord, mark: LedgerMark, { here }: Pick<MeetPorts, 'here'>): boolean =>
  here.kind === 'lake' || (word.markTag !== '' && word.count === mark.count);

/** Why the ledger may not be used, without changing anything; '' when all is well. */
export async function faultOfLake(ports: Pick<MeetPorts, 'lake' | 'ledger' | 'here'>): Promise<string> {
  const { verdict } = await judged(ports);
  return verdict.do === 'refuse' ? verdict.why : '';
}

/** The lake is read first: what it has counted, the ledger has counted before. */
async function judged({ lake, ledger, here }: Pick<MeetPorts, 'lake' | 'ledger' | 'here'>) {
  const word = await readLakeWord(lake);
  const mark = await ledger.mark();
  const found: Found = {
    ...{ place: lake.place, here, lake: word?.value, ledger: mark?.value, tag: mark?.etag ?? '' },
    ...{ data: undefined, files: undefined },
  };
  const first = belongs(found);
  const verdict =
    first.do === 'look' ? belongs({ ...found, data: await hasWindows(lake), files: await filesOf(ledger) }) : first;
  return { word, mark, verdict };
}

/** A lost race is looked at again. */
async function markBoth(
  word: Versioned<LakeWord> | undefined,
  mark: Versioned<LedgerMark> | undefined,
  { lake, ledger, here, now, newId, product, templates }: MeetPorts,
): Promise<void> {
  const id = word?.value.id ?? mark?.value.id ?? newId();
  if (word === undefined) {
    const count = mark?.value.count ?? 0;
    const told = { ledger: here, product, markTag: '', paths: [...(templates ?? [])] };
    const made = { id, madeAt: now(), count, countedAt: now(), ...told };
    if ((await putLakeWord(lake, made, undefined)) === undefined) return;
  }
  if (mark === undefined) await ledger.putMark({ id, count: 1, adopting: false }, undefined);
}

/**
 * First the ledger, then the lake: so only a ledger from before is behind. The tag is that of the mark with that count,
 * as it is read. Others count as well; a lost race is theirs.
 */
async function count(
  word: Versioned<LakeWord>,
  mark: Versioned<LedgerMark>,
  { lake, ledger, here, now, product }: MeetPorts,
): Promise<string | undefined> {
  const next = { ...mark.value, count: mark.value.count + 1 };
  if (!(await ledger.putMark(next, mark.etag))) return undefined;
  const seen = here.kind === 'table' ? await ledger.mark() : undefined;
  if (here.kind === 'table' && (seen?.value.count !== next.count || seen.value.id !== next.id)) return undefined;
  const counted = { product, count: next.count, countedAt: now(), markTag: seen?.etag ?? '' };
  return putLakeWord(lake, { ...word.value, ...counted }, word.etag);
}

/** The name of a window, as every path template spells it, in the name of a file of ours. */
export const OF_WINDOW = /\d{8}T\d{4,9}Z.*\d{8}T\d{4,9}Z.*\.(parquet|ndjson|csv)(\.gz)?$/;

async function hasWindows(lake: ObjectStore): Promise<boolean> {
  for await (const { name } of filesOfLake(lake)) if (OF_WINDOW.test(name)) return true;
  return false;
}

export async function filesOf(ledger: Ledger): Promise<Found['files']> {
  let found: Found['files'] = 'none';
  for await (const feed of ledger.feeds())
    for await (const { files } of ledger.list(feed)) {
      if (files.some(({ rows }) => rows > 0)) return 'with rows';
      if (files.length > 0) found = 'meant';
    }
  return found;
}
