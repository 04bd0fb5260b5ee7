/** One condition in a scene: what it costs while it lasts, and how fast the lake is whole when it ends. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Condition } from './conditions.ts';
import { MINUTE, type Scene, type SceneOptions, startScene, until } from './scene.ts';

export interface Weathered {
  readonly name: string;
  /** Calls to storage and questions to the query API in the worst minute, and in the last one. */
  readonly worst: number;
  readonly last: number;
  readonly seconds: number;
  /** From its end until every row was there; undefined: not within `most`. */
  readonly healed: number | undefined;
  readonly rows: number;
  /** How the calls of functions failed that did, most frequent first. */
  readonly errors: readonly string[];
}

const HOURS = 5;
const SIGNALS =
  'requests,dependencies,exceptions,traces,customEvents,customMetrics,pageViews,browserTimings,availabilityResults,performanceCounters';

/** Milliseconds of the scene. `lasts`: the condition. `most`: how long is waited for the lake to be whole. */
export async function weather(
  condition: Condition,
  lasts: number,
  most: number,
  storage: Pick<SceneOptions, 'azurite' | 'name'> = {},
): Promise<Weathered> {
  const scene = await startScene({ hours: HOURS, from: 9, signals: SIGNALS, host: true, ...storage });
  try {
    // It meets an app that runs, has 50 windows before it, and gets an export blob each minute.
    await scene.call('planWindows');
    await scene.blob(0);
    const begun = async () => (await scene.entries()).filter(({ state }) => state === 'done').length >= 2;
    await until(begun, 10 * MINUTE);
    const times: number[] = [];
    const { fate, fault, refused = false, only = () => true } = condition;
    const began = Date.now();
    scene.front.met = (call) => void (only(call) && times.push(Date.now()));
    scene.front.fate = fate;
    const remove = fault && scene.simulator.fault({ ...fault, when: () => times.push(Date.now()) > 0 }).remove;
    if (refused) await scene.front.leave();
    for (let minute = 1; began + minute * MINUTE <= began + lasts; minute++) {
      await scene.blob(minute % HOURS, minute);
      await sleep(Math.max(0, began + minute * MINUTE - Date.now()));
    }
    const ended = Date.now();
    if (refused) await scene.front.comeBack();
    [scene.front.fate, scene.front.met] = [undefined, undefined];
    remove?.();
    await scene.front.applyLater();
    const healed = await until(() => isQuiet(scene), most);
    const rows = healed === undefined ? 0 : await scene.assertWhole();
    return {
      name: condition.name,
      ...{ worst: worstOf(times, began, ended), last: times.filter((at) => at > ended - MINUTE).length },
      ...{ seconds: Math.round((ended - began) / 1000), healed, rows },
      errors: errorsOf(scene, began, ended),
    };
  } finally {
    await scene.close();
  }
}

/** Every row is there, and no window is left that is not done. */
const isQuiet = async (scene: Scene): Promise<boolean> =>
  (await scene.isWhole()) && (await scene.entries()).every(({ state, again }) => state === 'done' && !again);

function worstOf(times: readonly number[], began: number, ended: number): number {
  let worst = 0;
  for (let from = began; from === began || from + MINUTE <= ended; from += 5_000)
    worst = Math.max(worst, times.filter((at) => at >= from && at < from + MINUTE).length);
  return worst;
}

function errorsOf({ events }: Scene, began: number, ended: number): string[] {
  const counts = new Map<string, number>();
  for (const event of events) {
    if (event.kind !== 'ended' || event.error === '' || event.at < began || event.at > ended) continue;
    const text = event.error.replace(/https?:\/\/\S+/g, 'URL').replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME');
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [...counts].sort(([, one], [, other]) => other - one).map(([text, count]) => `${count} × ${text}`);
}
