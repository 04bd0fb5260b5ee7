import type { LedgerEntry, Look, Millis, Signal, Survey, Window } from '../../model.ts';
import { rowsOf } from '../same-rows.ts';
import type { AuditedApp, AuditPorts } from './audit.ts';
import type { Task } from './task.ts';

/** What the sources have now of the windows that are compared. */
export interface Looks {
  /** Those that could be asked for. */
  readonly seen: ReadonlyMap<Window, Look>;
  readonly asked: number;
  /** By the clock of the source, where it told it. */
  readonly now: Millis | undefined;
  /** Why windows of other apps, which lie under a name of this one, could not be looked at. */
  readonly errors: readonly string[];
}

/**
 * One question to the app's own source, and one to each other that windows under its names are from: what another app
 * brought under a name that stands for this one now.
 */
export async function lookAtAll(
  app: AuditedApp,
  tasks: readonly Task[],
  { appOf }: AuditPorts,
  abort: AbortSignal,
): Promise<Looks> {
  const entries = tasks.flatMap(({ done }) => done);
  const groups = Map.groupBy(entries, (entry) => appOf?.(entry)?.survey ?? app.survey);
  const own = groups.get(app.survey);
  groups.delete(app.survey);
  const found = own === undefined ? undefined : await lookAt(own, app.survey, abort);
  const seen = new Map(found?.seen);
  const errors: string[] = [];
  let asked = found?.asked ?? 0;
  for (const [survey, theirs] of groups) {
    try {
      const more = await lookAt(theirs, survey, abort);
      for (const [window, look] of more.seen) seen.set(window, look);
      asked += more.asked;
    } catch (error) {
      if (abort.aborted) throw error;
      const what = `${theirs.length} windows under ${app.app} that are from ${theirs[0]?.origin}`;
      errors.push(`audit ${what}: ${error instanceof Error ? error.message : error}`);
    }
  }
  return { seen, asked, now: found?.now, errors };
}

async function lookAt(entries: readonly LedgerEntry[], { survey }: Survey, abort: AbortSignal) {
  const windows = entries.map(({ window }) => window);
  const { looks, asked, now } = await survey(windows, abort, signalsWithRows(entries));
  const seen = windows.map((window, n) => [window, looks[n] ?? { fingerprint: '', empty: false }] as const);
  return { seen, asked, now };
}

/** Their tables are there, whatever was found before their first row came. */
const signalsWithRows = (entries: readonly LedgerEntry[]): ReadonlySet<Signal> =>
  new Set(entries.filter(({ fingerprint }) => (rowsOf(fingerprint) ?? 0) > 0).map(({ window }) => window.signal));
