import type { Clock, QuerySettings, Reading, Source } from '../../model.ts';
import { readParts } from './read-parts.ts';
import type { Ask } from './reply.ts';
import { type Context, SOURCE_LIMITS, type SourceLimits } from './settle.ts';

interface Setup {
  readonly settings: QuerySettings;
  readonly ask: Ask;
  readonly clock: Clock;
  readonly limits?: Partial<SourceLimits>;
}

/** The query API of one app as a source. Each reading of a window asks for all of its rows; nothing is remembered between. */
export function createQuerySource({ settings, ask, clock, limits = {} }: Setup): Source {
  const all = { ...SOURCE_LIMITS, ...limits };
  return { open: async (window, abort) => openReading({ settings, ask, clock, limits: all, window, abort }) };
}

function openReading(context: Context): Reading {
  let asked = 0;
  let fingerprint = '';
  const questions: Ask = (question) => {
    asked++;
    return context.ask(question);
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
      fingerprint = yield* readParts({ ...context, ask: questions }, work);
    },
  };
}
