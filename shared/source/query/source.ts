import type { Clock, QuerySettings, Reading, Source, Survey } from '../../model.ts';
import { readParts } from './read-parts.ts';
import type { Ask } from './reply.ts';
import { type Context, SOURCE_LIMITS, type SourceLimits } from './settle.ts';

interface Setup {
  readonly settings: QuerySettings;
  readonly ask: Ask;
  readonly clock: Clock;
  readonly limits?: Partial<SourceLimits>;
  /** Asked once before each reading, so that the fingerprint is one that an audit can compare. Left out: it says how many rows were read. */
  readonly survey?: Survey;
}

/** The query API of one app as a source. Each reading of a window asks for all of its rows; nothing is remembered between. */
export function createQuerySource({ settings, ask, clock, limits = {}, survey }: Setup): Source {
  const all = { ...SOURCE_LIMITS, ...limits };
  return { open: async (window, abort) => openReading({ settings, ask, clock, limits: all, window, abort }, survey) };
}

function openReading(context: Context, survey: Survey | undefined): Reading {
  let asked = 0;
  let fingerprint = '';
  const questions: Ask = (question) => {
    asked++;
    return context.ask(question);
  };
  /** Undefined when it cannot be told: the rows count, not what is said of them. */
  const look = async (work: string): Promise<string | undefined> => {
    if (survey === undefined) return undefined;
    try {
      const { looks, asked: more } = await survey.survey([context.window], work, context.abort);
      asked += more;
      return looks[0]?.fingerprint;
    } catch {
      context.abort.throwIfAborted();
      return undefined;
    }
  };
  return {
    get fingerprint() {
      return fingerprint;
    },
    empty: false,
    get asked() {
      return asked;
    },
    async *chunks(work) {
      const before = await look(work);
      const read = yield* readParts({ ...context, ask: questions }, work);
      fingerprint = await fingerprintOf(read, before, () => look(work));
    },
  };
}

/**
 * What was read, as an audit would see it. What the source told before the reading is of the same rows, or of older ones: then the next
 * audit differs, and the window runs again. Where rows came in meanwhile, the source is asked once more; where that does not tell what was
 * read, either, only what cannot be wrong is kept.
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

const isOf = (read: string, told: string): boolean => told === read || told.startsWith(`${read} `);
