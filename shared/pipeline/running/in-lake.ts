import type { FileRecord, LedgerEntry, Window } from '../../model.ts';
import type { Claim } from '../claim.ts';
import { intendedEntry } from '../entry.ts';

/** A file that lies in the lake, whoever put it there. */
export interface InLake {
  readonly file: FileRecord;
  /** 0 where it names none. */
  readonly revision: number;
}

export interface InLakePorts {
  /**
   * What lies in the lake of the window, by listings and a look into each file that is named so. `near`: only beside
   * these files and at the window's own time, by a few listings; left out: wherever it can have any. Left out: nobody
   * looks.
   */
  inLake?(window: Window, near?: readonly FileRecord[]): Promise<readonly InLake[]>;
}

/** The lake has a revision of the window that is not below ours: the ledger was lost, or is older than the lake. */
export class LedgerBehind extends Error {
  readonly seen: number;
  constructor({ app, signal }: Window, revision: number, seen: number) {
    super(
      `revision ${revision} of ${app} ${signal}: the lake has seen revision ${seen} of it; the ledger is older than ` +
        'the lake, and goes on from there',
    );
    this.name = 'LedgerBehind';
    this.seen = seen;
  }
}

const looked = new WeakSet<Claim>();

/**
 * Called once a file of the window is not the one that the ledger has: an attempt put it that died, somebody touched
 * it, or the ledger is a copy from before. Its run then replaces whatever lies in the lake of the window. Throws
 * LedgerBehind where the lake is further than the ledger; first of all Overtaken: that is what it is mostly.
 */
export async function learnFiles(claim: Claim, { inLake }: InLakePorts, isNear = false): Promise<void> {
  if (inLake === undefined || looked.has(claim)) return;
  await claim.check();
  if (!isNear) looked.add(claim);
  const { window, revision, files } = claim.entry;
  const found = await inLake(window, isNear ? files : undefined);
  await claim.check();
  await claim.update((entry) =>
    intendedEntry(
      entry,
      found.map(({ file }) => meant(file)),
    ),
  );
  const others = found.filter(({ file }) => !claim.put.has(file.path));
  const seen = others.reduce((most, each) => Math.max(most, each.revision), 0);
  if (seen >= revision) throw new LedgerBehind(window, revision, seen);
}

/** To be claimed at once above what the lake has seen. The tags that the ledger has of files are none of them. */
export const caughtUp = (entry: LedgerEntry, seen: number): LedgerEntry => ({
  ...entry,
  state: 'due',
  leaseUntil: 0,
  hintedAt: 0,
  revision: Math.max(entry.revision, seen),
  files: entry.files.map(({ etag: _, hash: __, ...file }) => file),
});

/** A window that was never run, with whatever lies in the lake of it, to be replaced: its next run is not the first. */
export async function asInLake(entry: LedgerEntry, { inLake }: InLakePorts): Promise<LedgerEntry> {
  const found = (await inLake?.(entry.window)) ?? [];
  if (found.length === 0) return entry;
  const files = found.map(({ file }) => meant(file));
  return { ...intendedEntry(entry, files), revision: Math.max(1, ...found.map((each) => each.revision)) };
}

const meant = ({ path, signal }: FileRecord): FileRecord => ({ path, signal, rows: 0, bytes: 0 });
