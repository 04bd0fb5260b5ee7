import type { Clock, Look, Millis, QuerySettings, Signal, Survey, Window } from '../../../model.ts';
import { isOfQuestion } from '../outcome.ts';
import type { Ask } from '../reply.ts';
import { type Context, SOURCE_LIMITS, type SourceLimits } from '../settle.ts';
import { settleQuestion } from '../settle-question.ts';
import { tableOf } from '../text.ts';
import { looksOf } from './answer.ts';
import { createHeldRows } from './held-rows.ts';
import { learned, type Room, roomFor } from './room.ts';
import { binsOf, type Covered, fitting, partsOf, stretchesOf } from './stretches.ts';
import { surveyText, type Told } from './text.ts';

interface Setup {
  readonly settings: QuerySettings;
  readonly ask: Ask;
  readonly clock: Clock;
  readonly limits?: Partial<SourceLimits>;
}

/** What is asked for, until an endpoint refuses it. */
const LEVELS: readonly Told[] = [
  { latest: true, ids: true },
  { latest: true, ids: false },
  { latest: false, ids: true },
  { latest: false, ids: false },
];
/** A workspace has no table of a kind that was never sent; so long it is not asked for again. */
const ABSENCE: Millis = 6 * 3_600_000;

/** The status of what is too much for one answer. */
const TOO_MUCH = 413;

/** What is known of an endpoint, for as long as the process lives. */
interface Endpoint {
  level: number;
  /** Takes several signals in one question. */
  together: boolean;
  room: Room;
  /** Table → when it was found missing. */
  readonly absent: Map<string, Millis>;
}

/**
 * Fingerprints of windows by the query API of one app: the few facts that tell whether anything has changed, without
 * the rows.
 */
export function createSurvey({ settings, ask, clock, limits = {} }: Setup): Survey {
  // A question to tables on the Basic plan is about one of them.
  const isBasic = settings.schema.kind === 'workspace' && settings.schema.plan === 'basic';
  const all = { ...SOURCE_LIMITS, ...limits };
  const endpoint: Endpoint = { level: 0, together: !isBasic, room: roomFor(all.rows), absent: new Map() };
  return {
    survey: async (windows, abort, known = new Set()) => {
      let asked = 0;
      let now = Number.POSITIVE_INFINITY;
      const questions: Ask = async (question) => {
        asked++;
        const reply = await ask(question);
        now = Math.min(now, Date.parse(reply.date ?? '') || now);
        return reply;
      };
      const context = { settings, ask: questions, clock, limits: all, abort };
      const { looks, used } = await look(stretchesOf(windows), {
        ...context,
        endpoint,
        known,
        missing: new Set(),
      });
      return { looks: windows.map((window) => looks.get(window) ?? ABSENT), asked, wasted: asked - used, now };
    },
  };
}

interface Surveying extends Omit<Context, 'window'> {
  readonly endpoint: Endpoint;
  /** Signals of which rows were read. */
  readonly known: ReadonlySet<Signal>;
  /** Tables that were found missing by these questions. */
  readonly missing: Set<string>;
}

const ABSENT: Look = { fingerprint: 'absent', empty: false };

async function look(stretches: readonly Covered[], surveying: Surveying) {
  const { endpoint, settings, clock, known, missing } = surveying;
  const isThere = ({ signal }: Covered) => {
    const table = tableOf(signal, settings.schema);
    if (known.has(signal)) return !missing.has(table);
    return (endpoint.absent.get(table) ?? Number.NEGATIVE_INFINITY) + ABSENCE <= clock.now();
  };
  const looks = new Map<Window, Look>();
  let used = 0;
  const waiting = questionsOf(stretches, endpoint);
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const there = next.filter(isThere);
    if (there.length === 0) continue;
    const found = await askOnce(there, surveying);
    if (found.kind === 'looks') {
      for (const [window, seen] of found.looks) looks.set(window, seen);
      for (const { signal } of there) endpoint.absent.delete(tableOf(signal, settings.schema));
    } else waiting.unshift(...found.rest);
    // That there is no such table is worth a question; what is asked in other words was asked in vain.
    if (found.kind === 'looks' || found.rest.length === 0) used++;
  }
  return { looks, used };
}

/** What is asked for at once: stretches of one signal each, and no more rows than an answer should have. */
function questionsOf(stretches: readonly Covered[], { together, room }: Endpoint): (readonly Covered[])[] {
  const questions: Covered[][] = [];
  for (const stretch of stretches.flatMap((each) => fitting(each, room.bins))) {
    const fits = questions.find(
      (question) =>
        together &&
        question.every(({ signal }) => signal !== stretch.signal) &&
        [...question, stretch].reduce((sum, each) => sum + binsOf(each), 0) <= room.bins,
    );
    if (fits) fits.push(stretch);
    else questions.push([stretch]);
  }
  return questions;
}

type Found =
  | { readonly kind: 'looks'; readonly looks: ReadonlyMap<Window, Look> }
  /** Not so: to be asked like this instead. */
  | { readonly kind: 'instead'; readonly rest: readonly (readonly Covered[])[] };

async function askOnce(stretches: readonly Covered[], surveying: Surveying): Promise<Found> {
  const { settings, endpoint } = surveying;
  const [first] = stretches;
  const [window] = first?.windows ?? [];
  if (first === undefined || window === undefined) return { kind: 'looks', looks: new Map() };
  const table = tableOf(first.signal, settings.schema);
  const told = LEVELS[endpoint.level] ?? { latest: false, ids: false };
  const query = surveyText(stretches, settings.schema, told);
  const name = `survey ${stretches.map(({ signal }) => signal).join(', ')} of ${window.app}`;
  const rows = createHeldRows();
  const range = {
    start: Math.min(...stretches.map(({ start }) => start)),
    end: Math.max(...stretches.map(({ end }) => end)),
  };
  const settled = await settleQuestion({ query, table, name, range }, { ...surveying, window }, rows);
  endpoint.room = learned(endpoint.room, settled);
  if (settled.kind === 'rows') {
    const { columns, rest } = settled.answer;
    return { kind: 'looks', looks: looksOf(name, stretches, columns, rows.lines(rest)) };
  }
  if (settled.kind === 'none') return { kind: 'looks', looks: nothingIn(stretches) };
  if (settled.kind === 'absent') return without(stretches, [table], surveying);
  if (settled.kind === 'split') {
    const parts = settled.rows > 0 ? questionsOf(stretches, endpoint) : [];
    return { kind: 'instead', rest: parts.length > 1 ? parts : smaller(stretches, `${name}: ${settled.reason}`) };
  }
  if (!isOfQuestion(settled.status)) throw new Error(`${name}: ${settled.reason}`);
  if (settled.status === TOO_MUCH) return { kind: 'instead', rest: smaller(stretches, `${name}: ${settled.reason}`) };
  if (stretches.length === 1) {
    if (endpoint.level + 1 >= LEVELS.length) throw new Error(`${name}: ${settled.reason}`);
    endpoint.level++;
    return { kind: 'instead', rest: [stretches] };
  }
  const missing = /Failed to resolve (table|entity)/i.test(settled.reason)
    ? stretches
        .map(({ signal }) => tableOf(signal, settings.schema))
        .filter((one) => settled.reason.includes(`'${one}'`))
    : [];
  if (settings.schema.kind === 'workspace' && missing.length > 0) return without(stretches, missing, surveying);
  endpoint.together = false;
  for (const one of missing) noteMissing(one, surveying);
  return { kind: 'instead', rest: stretches.map((stretch) => [stretch]) };
}

/** No bins at all: no rows. */
const nothingIn = (stretches: readonly Covered[]): Map<Window, Look> =>
  new Map(
    stretches.flatMap(({ windows }) => windows.map((window) => [window, { fingerprint: 'rows:0', empty: false }])),
  );

function noteMissing(table: string, { endpoint, clock, missing }: Surveying): void {
  endpoint.absent.set(table, clock.now());
  missing.add(table);
}

function without(stretches: readonly Covered[], tables: readonly string[], surveying: Surveying): Found {
  for (const table of tables) noteMissing(table, surveying);
  const isThere = ({ signal }: Covered) => !tables.includes(tableOf(signal, surveying.settings.schema));
  const rest = stretches.filter(isThere);
  return { kind: 'instead', rest: rest.length > 0 ? [rest] : [] };
}

function smaller(stretches: readonly Covered[], reason: string): readonly (readonly Covered[])[] {
  const middle = Math.ceil(stretches.length / 2);
  if (stretches.length > 1) return [stretches.slice(0, middle), stretches.slice(middle)];
  const parts = stretches[0] && partsOf(stretches[0]);
  if (parts === undefined) throw new Error(`${reason}, though it is a single window; it is tried again later`);
  return parts.map((part) => [part]);
}
