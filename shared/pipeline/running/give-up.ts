import type { LedgerEntry, Millis } from '../../model.ts';
import { plain } from '../../pure/printable.ts';
import { type Claim, Overtaken } from '../claim.ts';
import { failedEntry, hintedEntry, isAtRest, isOpen, postponedEntry, withoutFiles } from '../entry.ts';
import { isStoreFailure, outlast } from '../outage/outlast.ts';
import type { RunPorts } from '../run.ts';
import { outcomeOf, type Ran } from './outcome.ts';

/** Tells the ledger of a run that ended with an error, and how it is tried again. Rejects when the ledger does. */
export async function giveUp(error: unknown, claim: Claim, ports: RunPorts): Promise<Ran> {
  const window = claim.entry.window;
  if (error instanceof Overtaken || claim.abort.aborted) return outcomeOf('overtaken', window, claim.entry, ports);
  // Each renewal would hold up what is to be told, for a minute where the ledger does not answer.
  claim.rest();
  ports.hear?.(error);
  try {
    const wait = ports.hints === undefined ? 0 : earlyBy(error);
    if (wait > 0) {
      const later = (held: LedgerEntry) => postponedEntry(held, ports.clock.now() + wait, oneLine(error));
      await claim.update((held) => later(withoutFiles(held, claim.unput)));
      await sendAgain(claim, ports).catch(() => undefined); // the planner sends what could not be sent
      return outcomeOf('early', window, claim.entry, ports);
    }
    const { clock, spent } = ports;
    const failed = (held: LedgerEntry): LedgerEntry =>
      failedEntry(withoutFiles(held, claim.unput), clock.now(), clock.random(), oneLine(error), spent?.());
    const tell = () => claim.update((held) => (isAtRest(held) ? held : failed(held)));
    const entry = await outlast(tell, isStoreFailure, ports.stateUntil ?? 0, ports.clock, {
      ...(ports.hear && { hear: ports.hear }),
    });
    // Only the answer to its last write was lost.
    if (isAtRest(entry)) return outcomeOf(entry.state === 'done' ? 'done' : 'unavailable', window, entry, ports);
    if (entry.state !== 'halved') {
      await sendAgain(claim, ports).catch(() => undefined); // the planner sends what could not be sent
      return outcomeOf('failed', window, entry, ports);
    }
    // It was halved, but somebody was not told: the planner sends for the halves.
    return { ...outcomeOf('halved', window, entry, ports), error: `${entry.error}; then ${oneLine(error)}` };
  } catch (second) {
    if (second instanceof Overtaken) return outcomeOf('overtaken', window, claim.entry, ports);
    throw new Error(`${oneLine(error)} (and the ledger could not be told: ${oneLine(second)})`, { cause: error });
  }
}

/** A message that comes when the back-off has passed: a tick of the planner may be minutes after that. */
export async function sendAgain(claim: Claim, { hints, clock }: RunPorts): Promise<void> {
  if (hints === undefined) return;
  const { window, notBefore, backfill } = claim.entry;
  await hints.send(window, Math.max(0, notBefore - clock.now()), backfill !== undefined);
  const waits = (entry: LedgerEntry) => entry.state !== 'running' && isOpen(entry);
  await claim.update((held) => (waits(held) ? hintedEntry(held, clock.now()) : held));
}

/** The source says that the window has not ended by its clock: how long to wait, an hour at most; 0: it does not. */
function earlyBy(error: unknown): Millis {
  const isEarly = error instanceof Error && 'code' in error && error.code === 'NotYet' && 'wait' in error;
  return isEarly ? Math.min(Number(error.wait), 3_600_000) : 0;
}

/** What services and records say may hold sequences that a console obeys, and the host prints it as it is. */
export const oneLine = (error: unknown): string =>
  plain((error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ')).slice(0, 2000);
