import { stat } from 'node:fs/promises';
import type { BlobRecord, Ledger, LedgerEntry } from '../../shared/model.ts';
import { lackingIn } from '../../shared/pipeline/lacking.ts';
import { identify, isBeginning, isSameFile } from '../../shared/source/blobs/loose/identify.ts';
import type { Assigned, LooseRecord } from './assign-loose.ts';
import type { Found, LooseRequest, ReadyWindow } from './loose.ts';
import type { LooseWindow } from './loose-registry.ts';

/** A known window of which files were given. */
export interface Touched extends ReadyWindow {
  readonly before: LooseWindow;
  /**
   * `run`: it is to be looked at; `done`: as it was (`entry`); `kept`: some of its files are nowhere (`lacking` says
   * which).
   */
  readonly state: 'run' | 'done' | 'kept';
  readonly entry: LedgerEntry | undefined;
  readonly lacking: string;
  /** None of its files is shorter in the clear than it was; as they lie they may be, packed since. */
  readonly whole: boolean;
}

export async function touchedWindows(
  windows: readonly LooseWindow[],
  assigned: Assigned<LooseRecord, Found>,
  request: LooseRequest,
  ledger: Ledger,
): Promise<Touched[]> {
  const standsFor = new Map(assigned.known);
  const touched = windows.filter(({ files }) => files.some((file) => standsFor.has(file)));
  const found: Touched[] = [];
  for (const window of touched) found.push(await lookAt(window, standsFor, request, ledger));
  return found;
}

async function lookAt(
  before: LooseWindow,
  standsFor: ReadonlyMap<LooseRecord, Found>,
  { replace, abort }: LooseRequest,
  ledger: Ledger,
): Promise<Touched> {
  const paths = new Map<LooseRecord, string>();
  const files: LooseRecord[] = [];
  const missing: string[] = [];
  for (const record of before.files) {
    const file = standsFor.get(record);
    // What was longer is remembered as it was: else the next command would take the rest for all of it.
    const keeps = file === undefined || (isShorter(record, file) && !replace);
    const now = keeps ? record : recordOf(record, file);
    const place = file?.place ?? ((await isAsItWas(record, abort)) ? record.place : undefined);
    if (place === undefined) missing.push(record.path);
    if (place !== undefined || !replace) files.push(now);
    if (place !== undefined) paths.set(now, place);
  }
  const given = before.files.flatMap((record) => {
    const file = standsFor.get(record);
    return file === undefined ? [] : [{ name: record.path, ...file.contents }];
  });
  const found = (await ledger.read(before.window))?.value;
  const entry = found !== undefined && isDone(found, given) ? found : undefined;
  const kept = entry === undefined && missing.length > 0 && !replace && lackingIn(found?.blobs, given) !== undefined;
  const lacking = kept ? lackingText(before, missing) : '';
  return {
    before,
    after: kept ? before : { ...before, files },
    paths,
    state: entry !== undefined ? 'done' : kept ? 'kept' : 'run',
    entry,
    lacking,
    whole: before.files.every((record) => !isShorter(record, standsFor.get(record))),
  };
}

/** What an earlier version knew with its line ends may have grown, and its plain text be shorter all the same. */
const isShorter = (record: LooseRecord, file: Found | undefined): boolean =>
  file !== undefined && file.bytes < record.bytes && !isSameFile(record, file) && !isBeginning(record, file);

/** A file that is not given keeps its place in the window when it lies where it lay, as it was. */
async function isAsItWas(record: LooseRecord, abort: AbortSignal): Promise<boolean> {
  if (!(await stat(record.place).catch(() => undefined))?.isFile()) return false;
  const now = await identify(record.place, [], abort).catch(() => undefined);
  return now !== undefined && isSameFile(record, now);
}

/** Whether the window is done with just these bytes of the files that are given. */
function isDone({ state, again, blobs = [] }: LedgerEntry, given: readonly BlobRecord[]): boolean {
  const known = new Map(blobs.map((blob) => [blob.name, blob]));
  return (
    state === 'done' &&
    !again &&
    given.every(({ name, bytes, hash }) => known.get(name)?.bytes === bytes && known.get(name)?.hash === hash)
  );
}

export const recordOf = (known: Pick<LooseRecord, 'path'>, { place, bytes, hash, head, heads }: Found): LooseRecord => {
  const stem = heads.at(-1);
  return { path: known.path, place, bytes, hash, head, ...(stem !== undefined && { stem }) };
};

const lackingText = ({ window, files }: LooseWindow, missing: readonly string[]): string =>
  `${window.app} ${window.signal}: the lake files of ${files.length} small files stay as they are, for ` +
  `${missing.length} of these are ` +
  `neither given nor where they were: ${missing.slice(0, 5).join(', ')}${missing.length > 5 ? ', …' : ''}; give ` +
  'them, too, or have the others take their place with --replace';
