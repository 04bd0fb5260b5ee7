import { randomUUID } from 'node:crypto';
import { failureCode } from '../lake/failure.ts';
import type { Ledger, LedgerPlace, Millis, ObjectStore } from '../model.ts';
import { lakeGone } from '../pipeline/lake/belong.ts';
import { LAKE_NAME } from '../pipeline/lake/lake-word.ts';
import {
  countEvery,
  faultOfLake,
  filesOf,
  type MeetPorts,
  type Met,
  meetLake,
  NotItsLake,
} from '../pipeline/lake/meet.ts';
import { systemClock } from './clock.ts';
import { productVersion } from './version.ts';

/** What a lake and a ledger need to meet. `templates`: see MeetPorts. */
export const meetPorts = (
  lake: ObjectStore,
  ledger: Ledger,
  here: LedgerPlace,
  templates?: Set<string>,
): MeetPorts => ({
  ...{ lake, ledger, here, now: systemClock.now, newId: randomUUID, product: productVersion() },
  ...(templates && { templates }),
});

/** So long a lake that was seen is taken to be there still. */
const glanceEvery: Millis = 10_000;

export interface LakeMet {
  /**
   * Prepares the lake, and makes sure that the ledger is its own: at the first call, and again when the last time is a
   * while ago, so that a ledger that was restored meanwhile is seen. A failure is met again by the next call. The lake
   * of a ledger that has met one is not made anew.
   */
  met(): Promise<void>;
  /**
   * Called before something is put: where the lake's word is another than it was, or gone, lake and ledger meet anew. A
   * container that was emptied, or made anew, is not the lake. One call in ten seconds in which something is put.
   */
  still(): Promise<void>;
}

/** `seen`: for whoever has just met it. */
export function lakeMet(ports: MeetPorts, prepare: () => Promise<unknown>, seen?: Met): LakeMet {
  let [met, prepared]: [{ readonly at: Millis; readonly done: Promise<void> } | undefined, boolean] = [
    undefined,
    false,
  ];
  let looking: Promise<void> | undefined;
  const { lake, ledger, here, now } = ports;
  let [word, seenAt] = [seen, seen?.tag === undefined ? 0 : now()];
  const meetOnce = async () => {
    word = await meetLake(ports, countEvery, word);
    seenAt = now();
  };
  const meet = async () => {
    const known = prepared ? undefined : await ledger.mark();
    if (!prepared && known === undefined) await prepare();
    try {
      await meetOnce();
    } catch (error) {
      if (known === undefined || !/^(Container|Filesystem)NotFound$/.test(failureCode(error))) throw error;
      if ((await filesOf(ledger)) === 'with rows') throw new NotItsLake(lakeGone(lake.place, here));
      await prepare();
      await meetOnce();
    }
    if (!prepared && known !== undefined) await prepare();
    prepared = true;
  };
  const metAtLeast = async (since: Millis) => {
    const at = now();
    // A clock that was set back makes nothing wait.
    if (met === undefined || met.at <= since || met.at > at) met = { at, done: meet() };
    const mine = met;
    try {
      await mine.done;
    } catch (error) {
      if (met === mine) met = undefined;
      throw error;
    }
  };
  const glance = async () => {
    const found = word?.tag === undefined ? undefined : await lake.head(LAKE_NAME);
    if (found === undefined || found !== word?.tag) return metAtLeast(Number.POSITIVE_INFINITY);
    seenAt = now();
  };
  return {
    met: () => metAtLeast(now() - countEvery),
    still: async () => {
      const passed = now() - seenAt;
      if (passed >= 0 && passed < glanceEvery) return;
      looking ??= glance().finally(() => {
        looking = undefined;
      });
      await looking;
    },
  };
}

/** Why the ledger may not be used; '' where it is the lake's, and where the lake is away: that is said elsewhere. */
export async function lakeFault(ports: Pick<MeetPorts, 'lake' | 'ledger' | 'here'>): Promise<string> {
  try {
    return await faultOfLake(ports);
  } catch (error) {
    const code = failureCode(error);
    // A word that nobody can read.
    if (code === '') return error instanceof Error ? error.message : String(error);
    const isGone = /^(Container|Filesystem)NotFound$/.test(code) && (await filesOf(ports.ledger)) === 'with rows';
    return isGone ? lakeGone(ports.lake.place, ports.here) : '';
  }
}

/** A lake in which something is put only while it is the one that was met. */
export const guardedLake = (lake: ObjectStore, still: () => Promise<void>): ObjectStore => ({
  ...lake,
  put: async (name, content, etag) => {
    await still();
    return lake.put(name, content, etag);
  },
});

/**
 * Resolves unless the ledger is not the lake's: a lake that cannot be reached is for the run to say, under its claim.
 */
export async function refuseStranger(lakeThere: Promise<void>): Promise<void> {
  await lakeThere.catch((error: unknown) => {
    if (error instanceof NotItsLake) throw error;
  });
}
