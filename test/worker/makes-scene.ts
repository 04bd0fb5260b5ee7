/**
 * Query APIs of other makes, one app each, before the functions in their worker (worker.ts; the real one where that is
 * at hand): rows come late and are purged, audits look, windows run.
 */
import assert from 'node:assert/strict';
import { signalOf } from '../../local/telemetry/asCells.ts';
import type { Row } from '../../local/telemetry/row.ts';
import { telemetryRows } from '../../local/telemetry/telemetryRows.ts';
import type { LedgerEntry, Signal, Window } from '../../shared/model.ts';
import { blobsLeft } from '../e2e/left.ts';
import { HOUR, MINUTE, START } from './inputs.ts';
import { type Make, type OtherApi, startOtherApi } from './other-api.ts';
import { assertLake, hourOf } from './same-rows.ts';
import { type Scene, startScene, until } from './scene.ts';

const FROM = START + 9 * HOUR;

/** What happens to a window: rows come, go, some go and others come, one comes once more as another, all go. */
export type Change = 'late' | 'purged' | 'swapped' | 'altered' | 'emptied';

interface Wanted {
  readonly makes: readonly Make[];
  readonly signals: readonly Signal[];
  readonly hours: number;
  readonly purged: 'follow' | 'keep';
}

export interface MakesScene {
  readonly scene: Scene;
  /** Windows that are to run, by name. */
  open(): Promise<readonly string[]>;
  plan(): Promise<void>;
  audit(): Promise<void>;
  /** Runs what is open, each window until it is done; how often windows were done. */
  runOpen(): Promise<number>;
  /**
   * Changes the sources, hour by hour; the names of the windows that are to run again: all that changed, without those
   * that only lost rows where purged rows are kept.
   */
  change(changes: Readonly<Record<number, Change>>): readonly string[];
  /** Throws unless the lake has what the sources have, and what is kept; how many rows. */
  assertSame(): Promise<number>;
  close(): Promise<void>;
}

const nameOf = ({ app, signal, start }: Pick<Window, 'app' | 'signal' | 'start'>): string =>
  `${app} ${signal} ${new Date(start).toISOString().slice(0, 13)}`;
const isOpen = ({ state, again }: LedgerEntry): boolean => state !== 'done' || again;

async function started(make: Make, { signals, hours }: Wanted): Promise<readonly [string, OtherApi]> {
  const shop = { seed: '7', app: make.name, perHour: 14, start: FROM, end: FROM + hours * HOUR };
  const made = signals.flatMap((signal) => [...telemetryRows({ ...shop, signal })]);
  const { resourceId } = make;
  if (resourceId === undefined) return [make.name, await startOtherApi(make, made)];
  const strangers = signals.flatMap((signal) => [...telemetryRows({ ...shop, seed: '8', app: 'stranger', signal })]);
  return [
    make.name,
    await startOtherApi(make, [...made.map((row) => ({ ...row, _ResourceId: resourceId })), ...strangers]),
  ];
}

export async function startMakesScene(wanted: Wanted): Promise<MakesScene> {
  const { makes, signals, hours, purged } = wanted;
  const apis = new Map(await Promise.all(makes.map((make) => started(make, wanted))));
  const apps = makes.map(({ name, kind, resourceId }) => ({
    ...{ name, endpoint: apis.get(name)?.url },
    ...(kind === 'app' ? { appId: 'the-app' } : { workspaceId: 'the-workspace', ...(resourceId && { resourceId }) }),
  }));
  const scene = await startScene({
    ...{ hours, from: 9, signals: signals.join() },
    settings: {
      ...{ APP_NAME: '', APP_ID: '', QUERY_ENDPOINT: '', INSIGHTS_LAKE_CONFIG: JSON.stringify({ apps }) },
      ...{ AUDIT_RECHECK: '30d', AUDIT_PURGED: purged, LEASE: '1m', TZ: 'America/New_York' },
    },
  });
  const open = async () => (await scene.entries()).filter(isOpen).map(({ window }) => window);
  const called = async (name: string) => assert.equal((await scene.call(name)).error, '');

  /** Windows whose rows in the lake are not the source's. */
  const kept = new Map<string, readonly Row[]>();
  const rowsOf = (api: OtherApi, signal: Signal, start: number): Row[] =>
    api.rows.filter((row) => signalOf(row) === signal && hourOf(row) === start);
  const change = (changes: Readonly<Record<number, Change>>): readonly string[] => {
    const again: string[] = [];
    for (const api of apis.values())
      for (const signal of signals)
        for (const [hour, what] of Object.entries(changes)) {
          const start = FROM + Number(hour) * HOUR;
          const name = nameOf({ app: api.make.name, signal, start });
          const before = kept.get(name) ?? rowsOf(api, signal, start);
          if (!changeWindow(api, signal, start, what)) continue;
          const isFewer = rowsOf(api, signal, start).length < before.length;
          if (purged === 'keep' && isFewer) kept.set(name, before);
          else {
            kept.delete(name);
            again.push(name);
          }
        }
    return again.toSorted();
  };

  const assertSame = (): Promise<number> =>
    assertLake(scene.azurite, signals, [...apis.values()], (api, signal, start) =>
      kept.get(nameOf({ app: api.make.name, signal, start })),
    );
  return {
    ...{ scene, change, assertSame },
    open: async () => (await open()).map(nameOf).toSorted(),
    plan: () => called('planWindows'),
    audit: () => called('auditWindows'),
    runOpen: async () => {
      let done = 0;
      for (const [n, window] of (await open()).entries()) {
        done += await ran(scene, window);
        if (n % 5 === 0) await assertNoneTwice(scene);
      }
      return done;
    },
    close: async () => {
      await scene.close();
      for (const api of apis.values()) api.close();
    },
  };
}

/** Runs the window until it is done, by its back-off where it fails; how often it was done. */
async function ran(scene: Scene, window: Window): Promise<number> {
  const [start, end] = [window.start, window.end].map((at) => new Date(at).toISOString());
  const text = JSON.stringify({ ...window, start, end });
  let times = 0;
  let last = '';
  const done = async () => {
    const { logs, error } = await scene.call('runWindow', text);
    last = `${error}\n${logs.join('\n')}`;
    times += /"state":"done"/.test(last) ? 1 : 0;
    return error === '' && times > 0;
  };
  assert.notEqual(await until(done, 90 * MINUTE), undefined, `${nameOf(window)}: ${last}`);
  return times;
}

async function assertNoneTwice({ azurite }: Scene): Promise<void> {
  const texts = [...(await blobsLeft(azurite, 'lake')).values()];
  const ids = texts.flatMap((text) => [...text.matchAll(/"itemId":"([^"]+)"/g)].map(([, id]) => id ?? ''));
  assert.equal(new Set(ids).size, ids.length, 'a row is twice in the lake');
}

let late = 0;
/** Rows of the window's time that came two days late. */
function lateRows(api: OtherApi, signal: Signal, start: number): Row[] {
  const one = [...telemetryRows({ seed: '9', app: api.make.name, perHour: 9, start, end: start + HOUR, signal })][0];
  assert.ok(one);
  const { resourceId } = api.make;
  return [17, 43].map((minute) => {
    const at = start + minute * MINUTE + ++late;
    const own = {
      timestamp: new Date(at).toISOString().replace('Z', '0001Z'),
      itemId: `late-${api.make.name}-${late}`,
    };
    return { ...one, ...own, ...(resourceId !== undefined && { _ResourceId: resourceId }) };
  });
}

/** Whether anything has changed that can be seen. */
function changeWindow(api: OtherApi, signal: Signal, start: number, change: Change): boolean {
  const { counts = false, latest = true } = api.make;
  // One for one is no change to who is told nothing but counts: there it is a row that comes.
  const what = (counts && change === 'swapped') || (!latest && change === 'altered') ? 'late' : change;
  const inside = api.rows.filter((row) => signalOf(row) === signal && hourOf(row) === start);
  const most = { late: 0, purged: 1, swapped: 2, altered: 1, emptied: Number.POSITIVE_INFINITY }[what];
  const going = new Set(inside.slice(0, most));
  const gone = api.purge((row) => going.has(row));
  const more = what === 'late' || what === 'swapped' ? lateRows(api, signal, start) : [];
  const altered = what === 'altered' ? gone.map((row) => ({ ...row, cloud_RoleName: 'altered' })) : [];
  const coming = what === 'swapped' ? more.slice(0, gone.length) : [...more, ...altered];
  api.add(coming);
  return gone.length + coming.length > 0;
}
