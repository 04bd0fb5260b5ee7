import type { Clock, QuerySettings, Reading, Signal, Source, Survey, Window } from '../../model.ts';
import { forecastOf, type Learned, learning } from './forecast.ts';
import { readParts } from './read-parts.ts';
import { Silence } from './refusal.ts';
import type { Ask } from './reply.ts';
import { type Context, SOURCE_LIMITS, type SourceLimits } from './settle.ts';
import { tellAhead } from './survey/ahead.ts';
import { tableOf } from './text.ts';
import { ticksOf } from './ticks.ts';

interface Setup {
  readonly settings: QuerySettings;
  readonly ask: Ask;
  readonly clock: Clock;
  readonly limits?: Partial<SourceLimits>;
  /** Tells where in a window its rows lie, when that is too large for one answer. */
  readonly survey?: Survey;
  /**
   * It is asked once before each reading, too, so that the fingerprint is one that an audit can compare. Left out:
   * false.
   */
  readonly audited?: boolean;
  /**
   * Nobody looks at what was read again: it must be no fewer rows than the source counts. It is asked ahead, up to the
   * end of the settings. Left out: false.
   */
  readonly counted?: boolean;
}

/**
 * The query API of one app as a source. Each reading of a window asks for all of its rows; nothing is remembered
 * between.
 */
export function createQuerySource(setup: Setup): Source {
  const { settings, ask, clock, limits = {}, survey, audited = false, counted = false } = setup;
  const all = { ...SOURCE_LIMITS, ...limits };
  const learned = learning(all.rows);
  const saidAbsent = new Set<string>();
  const ahead = counted ? tellAhead(settings.from ?? 0, settings.until ?? 0) : undefined;
  return {
    open: async (window, abort) =>
      openReading(
        { settings, ask, clock, limits: all, window, abort },
        { survey, audited, ahead, learned: learned(window.signal), saidAbsent },
      ),
  };
}

/** What is told of windows, and was learned of their signal. */
interface Telling {
  readonly survey: Survey | undefined;
  readonly audited: boolean;
  readonly ahead: ReturnType<typeof tellAhead> | undefined;
  readonly learned: Learned;
  /** Tables of which it was said that they are not there. */
  readonly saidAbsent: Set<string>;
}

function openReading(context: Context, { survey, audited, ahead, learned, saidAbsent }: Telling): Reading {
  let [asked, useful, splits, heard] = [0, 0, 0, 0];
  let fingerprint = '';
  let remark = '';
  let lost = '';
  const questions: Ask = async (question) => {
    asked++;
    const take: typeof question.rows.take = (rows, columns) => {
      heard++;
      return question.rows.take(rows, columns);
    };
    const reply = await context.ask({ ...question, rows: { ...question.rows, take } });
    if (reply.lost === '') heard++;
    lost = reply.lost;
    return reply;
  };
  /** Undefined when it cannot be told: the rows count, not what is said of them. */
  const look = async (
    windows: readonly Window[],
    there?: ReadonlySet<Signal>,
  ): Promise<readonly string[] | undefined> => {
    if (survey === undefined) return undefined;
    try {
      const { looks, asked: more, wasted = 0 } = await survey.survey(windows, context.abort, there);
      asked += more;
      useful += more - wasted;
      heard += more;
      return looks.map((each) => each.fingerprint);
    } catch (error) {
      context.abort.throwIfAborted();
      if (error instanceof Silence) throw error;
      asked++; // one at least, in vain
      return undefined;
    }
  };
  const lookOnce = async (there?: ReadonlySet<Signal>) =>
    audited ? (await look([context.window], there))?.[0] : undefined;
  const weigh = async () => {
    const minutes = minutesOf(context.window);
    const told = await look(minutes);
    return told && minutes.map(({ start, end }, n) => ({ start, end, rows: rowsIn(told[n]) ?? 0 }));
  };
  return {
    get fingerprint() {
      return fingerprint;
    },
    get remark() {
      return remark;
    },
    empty: false,
    get asked() {
      return asked;
    },
    get heard() {
      return heard;
    },
    get lost() {
      return lost;
    },
    get wasted() {
      return asked - useful;
    },
    get splits() {
      return splits;
    },
    async *chunks() {
      const before = await lookOnce();
      const told = rowsIn(before ?? (await ahead?.(context.window, look)));
      // The source has just told how much it is: no neighbour knows better.
      if (told !== undefined) learned.density = told / Number(ticksOf(context.window.end - context.window.start));
      const forecast = forecastOf(learned, weigh, context.limits.rows);
      const asking = { ...context, ask: questions };
      const read = yield* readParts(
        asking,
        forecast,
        () => useful++,
        () => splits++,
      );
      if (ahead !== undefined) await refuseFewer(rowsIn(read.fingerprint) ?? 0, told ?? 0, look, context);
      fingerprint = await fingerprintOf(read.fingerprint, before, () => lookOnce(new Set([context.window.signal])));
      remark = read.fingerprint === 'absent' ? absence(context, saidAbsent) : read.remark;
    },
  };
}

/** An answer may hold a part and not say so. Rows may also have been purged meanwhile: it is asked once more. */
async function refuseFewer(
  rows: number,
  told: number,
  look: (windows: readonly Window[]) => Promise<readonly string[] | undefined>,
  { settings, window }: Context,
): Promise<void> {
  if (rows >= told) return;
  const now = rowsIn((await look([window]))?.[0]) ?? told;
  if (rows >= now) return;
  const { origin, pathname } = new URL(settings.url);
  throw new Error(
    `query ${window.signal} of ${window.app} at ${origin}${pathname}: it answered with ${rows} rows and counts ` +
      `${now}: a part is not taken for the whole; the window is tried again later`,
  );
}

/**
 * What was read, as an audit would see it. What the source told before the reading is of the same rows, or of older
 * ones: then the next audit differs, and the window runs again. Where rows came in meanwhile, the source is asked once
 * more; where that does not tell what was read, either, only what cannot be wrong is kept.
 */
async function fingerprintOf(
  read: string,
  before: string | undefined,
  lookAgain: () => Promise<string | undefined>,
): Promise<string> {
  if (before === undefined || read === 'absent') return read;
  if (isOf(read, before)) return before;
  const after = await lookAgain();
  if (after !== undefined && isOf(read, after)) return after;
  return [read, ...(/ latest:\S+/.exec(before) ?? [])].join('');
}

function rowsIn(told: string | undefined): number | undefined {
  const [, rows] = /^rows:(\d+)/.exec(told ?? '') ?? [];
  return rows === undefined ? undefined : Number(rows);
}

/**
 * Most workspaces lack some table for ever, so it is said once a process; but a workspace that is the wrong one lacks
 * them likewise.
 */
function absence({ settings, window }: Context, said: Set<string>): string {
  const table = tableOf(window.signal, settings.schema);
  if (said.has(table)) return '';
  said.add(table);
  return (
    `the workspace has no table ${table}: taken for no rows, and looked for again by audits, every six hours (or ` +
    '--again); it comes with the first telemetry of its kind, unless this is the wrong workspace'
  );
}

/** The minutes of a window that is too large for one answer: where in it the rows lie. */
function minutesOf(window: Window): Window[] {
  const first = Math.floor(window.start / minute);
  return Array.from({ length: Math.ceil(window.end / minute) - first }, (_, n) => {
    const start = (first + n) * minute;
    return { ...window, start: Math.max(start, window.start), end: Math.min(start + minute, window.end) };
  });
}

const minute = 60_000;

const isOf = (read: string, told: string): boolean => told === read || told.startsWith(`${read} `);
