import { tmpdir } from 'node:os';
import { faultMessage } from '../../shared/config/faults.ts';
import type { App, Ledger, LedgerEntry, Source, Window } from '../../shared/model.ts';
import { plannedEntry } from '../../shared/pipeline/entry.ts';
import { type RunOutcome, runWindow, unrun } from '../../shared/pipeline/run.ts';
import { verdictOf } from '../../shared/pipeline/verdict.ts';
import { createFileSource } from '../../shared/source/blobs/files.ts';
import { createStoreLedger } from '../../shared/state/ledger-store.ts';
import { asTheyAre, localPorts, querySource } from '../../shared/wire.ts';
import { openStore, systemClock } from '../../shared/wire-clients.ts';
import { prepareLake, tablesOf } from '../../shared/wire-lake.ts';
import { tileRange } from '../export/tile-range.ts';
import { exitCodes, Failure, usage } from '../failure.ts';
import { placeThere } from '../operations/lake-there.ts';
import { sweepPlan } from '../sweep/plan.ts';
import { type Archive, archiveOf } from '../transform/archive.ts';
import { agreeOnOutput, lastOwnerDied } from './beside-ledger.ts';
import { blame, observedSource, observedStore } from './observe.ts';
import type { ExportRequest, Prepare, Task, TaskOutcome } from './ports.ts';
import { shapeMarks } from './shape-marks.ts';

/** Short, for a killed command is mostly run again at once; renewed every third of it. Overtaking a live run costs work, no rows. */
const lease = 15_000;
/** Telemetry is accepted that much later than it happened. */
const latest = 2 * 86_400_000;
/** No window is longer. */
const longest = 86_400_000;

/** What is to be done, and where from: the windows, with what the ledger says of those that it has. */
interface Plan {
  readonly source: Source;
  readonly tasks: readonly Task[];
  readonly known: ReadonlyMap<string, LedgerEntry>;
  readonly notices: readonly string[];
  /** Whether a window that is done is brought up to date when its source has changed, left alone, or run in any case. */
  readonly done: 'compare' | 'leave' | 'repeat';
}

/** Puts the pipeline together for a command: the ledger in the destination, the source by the request. */
export const prepare: Prepare = async (request, onRead, abort, tell) => {
  const { shape, keepBytes } = request;
  const local = localPorts(request.output, { ...asTheyAre, shape, quarantine: { ...asTheyAre.quarantine, keepBytes } });
  const faults = await local.engine.conditionFaults();
  if (faults.length > 0) throw usage(faultMessage(request.command, faults));
  const blamed = blame(request.command === 'transform');
  const lake = observedStore(openStore(request.lake), blamed);
  const archive = request.command === 'transform' ? await archiveOf(request) : undefined;
  const tables = tablesOf(request, lake);
  const ledger = createStoreLedger(lake);
  const orphaned = await onDestination(async () => {
    await prepareLake(lake, tables);
    await agreeOnOutput(lake, request.output, shapeMarks(shape));
    return lastOwnerDied(lake);
  });
  const plan = await planOf();
  const source = observedSource(plan.source, blamed, onRead, abort);
  const ports = { ...local, lake, ...(tables && { tables }), ledger, source, clock: systemClock, lease };
  const run = async (window: Window): Promise<TaskOutcome> => {
    try {
      const entry = await readied(window, { ...plan, orphaned }, ledger, source, abort);
      const outcome = entry === undefined ? await runWindow(window, ports) : unrun('unchanged', window, entry);
      return taskOutcome(outcome, blamed.of(outcome.error), await heldUntil(outcome, ledger));
    } catch (error) {
      // only what happens to the ledger, which lies in the destination, comes this way
      const text = error instanceof Error ? error.message : String(error);
      const seen = blamed.of(text);
      const side = seen.side === 'unknown' ? 'destination' : seen.side;
      return taskOutcome({ ...unrun('failed', window, undefined), error: text }, { ...seen, side }, 0);
    }
  };
  return { place: lake.place.replace(/\/$/, ''), tasks: plan.tasks, notices: plan.notices, run, close: async () => {} };

  async function planOf(): Promise<Plan> {
    if (request.command === 'transform') return archivePlan(archive);
    if (request.command === 'export') return onDestination(() => exportPlan(request, ledger));
    await placeThere(request.container, 'sweep: --container');
    try {
      const swept = await sweepPlan(request, ledger, systemClock.now, keyOf, abort, tell);
      return { ...swept, tasks: byTime(swept.tasks), done: 'compare' };
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      throw new Failure(blamed.of(text).side === 'destination' ? exitCodes.destination : exitCodes.source, text, {
        cause: error,
      });
    }
  }
};

async function onDestination<T>(use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(exitCodes.destination, error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function archivePlan(archive: Archive = { windows: [], notices: [] }): Plan {
  const tasks = archive.windows.map(({ window, bytes }) => ({ window, weight: Math.max(bytes, 1) }));
  return {
    source: createFileSource(archive.windows),
    tasks: byTime(tasks),
    known: new Map(),
    notices: archive.notices,
    done: 'compare',
  };
}

async function exportPlan({ apps, range, again }: ExportRequest, ledger: Ledger): Promise<Plan> {
  const known = new Map<string, LedgerEntry>();
  const tasks: Task[] = [];
  for (const { name, query } of apps) {
    for (const signal of query?.signals ?? []) {
      const feed = { app: name, signal, source: 'query' };
      const before: Window[] = [];
      for await (const entry of ledger.list(feed, { start: range.start - longest, end: range.end })) {
        before.push(entry.window);
        known.set(keyOf(entry.window), entry);
      }
      const windows = tileRange(range, query?.window ?? longest, before);
      tasks.push(...windows.map(({ start, end }) => ({ window: { ...feed, start, end }, weight: end - start })));
    }
  }
  const fresh = systemClock.now() - range.end < latest;
  const notices = fresh
    ? ['telemetry can arrive two days late: run it with --again two days after the end of the range to be complete']
    : [];
  return { source: querySources(apps), tasks: byTime(tasks), known, notices, done: again ? 'repeat' : 'leave' };
}

/** Oldest first, so that what is there after an interruption has no gaps. */
const byTime = (tasks: readonly Task[]): Task[] => tasks.toSorted((a, b) => a.window.start - b.window.start);
const keyOf = ({ app, signal, source, start, end }: Window): string => [app, signal, source, start, end].join('\n');

function querySources(apps: readonly App[]): Source {
  const byApp = new Map(apps.flatMap(({ name, query }) => (query ? [[name, querySource(query)] as const] : [])));
  return {
    open: async (window, abort) => {
      const source = byApp.get(window.app);
      if (source === undefined) throw new Error(`open ${window.app}: no such app is asked for`);
      return source.open(window, abort);
    },
  };
}

/**
 * Puts the window into the ledger and makes it due, back-off or not: the user has asked for it now. Resolves with the entry of a
 * window that is done and as the source has it: nothing to run.
 */
async function readied(
  window: Window,
  plan: Plan & { orphaned: boolean },
  ledger: Ledger,
  source: Source,
  abort: AbortSignal,
): Promise<LedgerEntry | undefined> {
  const listed = plan.known.get(keyOf(window));
  if (listed?.state === 'done' && !listed.again && plan.done !== 'repeat') return listed;
  for (;;) {
    const seen = await ledger.read(window);
    if (seen?.value.state === 'running' && !plan.orphaned) return undefined;
    if (seen?.value.state === 'done' && !seen.value.again && (await isCurrent(seen.value, plan, source, abort)))
      return seen.value;
    const now = systemClock.now();
    const due =
      seen === undefined
        ? plannedEntry(window, now)
        : { ...seen.value, again: seen.value.state === 'done', notBefore: 0, leaseUntil: 0 };
    if ((await ledger.write(due, seen?.etag)) !== undefined) return undefined;
  }
}

async function isCurrent(entry: LedgerEntry, { done }: Plan, source: Source, abort: AbortSignal): Promise<boolean> {
  if (done !== 'compare') return done === 'leave';
  return verdictOf(entry.fingerprint, await source.open(entry.window, abort)) !== 'run';
}

const fullText = (): string =>
  `the temporary folder ${tmpdir()} is full; make room there, or name another folder in TMPDIR`;

/** When a window that another run holds becomes free. */
async function heldUntil({ state, window }: RunOutcome, ledger: Ledger): Promise<number> {
  if (state !== 'busy' && state !== 'early') return 0;
  const entry = (await ledger.read(window))?.value;
  return Math.max(entry?.leaseUntil ?? 0, entry?.notBefore ?? 0);
}

function taskOutcome(outcome: RunOutcome, blamed: Pick<TaskOutcome, 'side' | 'refused'>, retryAt: number): TaskOutcome {
  const files = outcome.files.filter((file) => file.rows > 0);
  const held = outcome.state === 'busy' || outcome.state === 'early' || outcome.state === 'overtaken';
  return {
    state: outcome.state === 'done' || outcome.state === 'unchanged' ? outcome.state : held ? 'busy' : 'failed',
    counts: outcome.counts,
    files: files.length,
    bytes: files.reduce((sum, file) => sum + file.bytes, 0),
    retryAt,
    error: blamed.side === 'machine' ? `${outcome.error}: ${fullText()}` : outcome.error,
    ...blamed,
  };
}
