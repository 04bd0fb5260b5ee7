import { randomUUID } from 'node:crypto';
import { failureCode } from '../lake/failure.ts';
import type { Ledger, LedgerPlace, Millis, ObjectStore } from '../model.ts';
import { lakeGone } from '../pipeline/lake/belong.ts';
import { countEvery, filesOf, type MeetPorts, meetLake, NotItsLake } from '../pipeline/lake/meet.ts';
import { systemClock } from './clock.ts';
import { productVersion } from './version.ts';

/** What a lake and a ledger need to meet. */
export const meetPorts = (lake: ObjectStore, ledger: Ledger, here: LedgerPlace): MeetPorts => ({
  ...{ lake, ledger, here, now: systemClock.now, newId: randomUUID, product: productVersion() },
});

/**
 * Prepares the lake, and makes sure that the ledger is its own: at the first call, and again when the last time is a
 * while ago, so that a ledger that was restored meanwhile is seen. A failure is met again by the next call. The lake of
 * a ledger that has met one is not made anew.
 */
export function lakeMet(ports: MeetPorts, prepare: () => Promise<unknown>): () => Promise<void> {
  let [met, prepared]: [{ readonly at: Millis; readonly done: Promise<void> } | undefined, boolean] = [
    undefined,
    false,
  ];
  const meet = async () => {
    const known = prepared ? undefined : await ports.ledger.mark();
    if (!prepared && known === undefined) await prepare();
    try {
      await meetLake(ports);
    } catch (error) {
      if (known === undefined || !/^(Container|Filesystem)NotFound$/.test(failureCode(error))) throw error;
      if ((await filesOf(ports.ledger)) === 'with rows') throw new NotItsLake(lakeGone(ports.lake.place, ports.here));
      await prepare();
      await meetLake(ports);
    }
    if (!prepared && known !== undefined) await prepare();
    prepared = true;
  };
  return async () => {
    const now = ports.now();
    if (met === undefined || met.at + countEvery <= now) met = { at: now, done: meet() };
    const mine = met;
    try {
      await mine.done;
    } catch (error) {
      if (met === mine) met = undefined;
      throw error;
    }
  };
}

/**
 * Resolves unless the ledger is not the lake's: a lake that cannot be reached is for the run to say, under its claim.
 */
export async function refuseStranger(lakeThere: Promise<void>): Promise<void> {
  await lakeThere.catch((error: unknown) => {
    if (error instanceof NotItsLake) throw error;
  });
}
