import { z } from 'zod';
import type { Format, Millis, RetentionRules, Signal } from '../model.ts';
import { misreadAs } from '../signals/misread.ts';
import { appNameMust } from './reader-names.ts';
import { scheduleOf } from './schedule.ts';
import { signalNames } from './shape-schema.ts';
import { durationOf, instantOf, secureUrl } from './values.ts';

/**
 * The kinds of value that settings have. The `error` of each says what it must be and completes the sentence "X must be
 * …".
 */
export const formatNames = ['parquet', 'ndjson', 'csv'] as const satisfies readonly Format[];

export const minute = 60_000;
export const day = 86_400_000;

export const matching = (must: string, pattern: RegExp) => z.string({ error: must }).regex(pattern, { error: must });

export function duration(must: string, fits: (length: Millis) => boolean) {
  return matching(must, /^\d{1,6}[smhd]$/)
    .refine((text) => fits(durationOf(text) ?? -1), { error: must })
    .transform((text) => durationOf(text) ?? 0);
}

const timeText = () => {
  const must =
    'a date or a date and time in ISO 8601 such as 2026-01-31 or 2026-01-31T06:00:00Z (UTC unless it says otherwise)';
  return z.string({ error: must }).refine((text) => instantOf(text) !== undefined, { error: must });
};

/** A bound of folders: 0001-01-01 is as good a word for "all" as any. */
export const bound = () => timeText().transform((text) => instantOf(text) ?? 0);

/** A time from which, or to which, a source is asked window by window. */
export const instant = () =>
  timeText()
    .refine((text) => (instantOf(text) ?? 0) >= 0, { error: '1970-01-01 or later' })
    .transform((text) => instantOf(text) ?? 0);

export const url = (what: string) => {
  const must = `${what}, without user and query string; plain http only on 127.0.0.1 or localhost`;
  return z
    .string({ error: must })
    .refine((text) => secureUrl(text)?.username === '' && !/[?#@]/.test(text), { error: must })
    .transform((text) => text.replace(/\/+$/, ''));
};

export const oneOf = <const T extends readonly string[]>(names: T) =>
  z.enum(names, { error: `one of ${names.join(', ')}` });

export const count = (least: number, most: number) => {
  const error = `a whole number from ${least} to ${most}`;
  return z.number({ error }).int({ error }).min(least, { error }).max(most, { error });
};

export const divides = (length: Millis): boolean => length >= 5 * minute && length <= day && day % length === 0;
export const wholeHours = (length: Millis): boolean =>
  length >= 60 * minute && length <= day && day % length === 0 && length % (60 * minute) === 0;

export const nameOfApp = () =>
  matching(
    'a name of small letters, digits and hyphens, 63 at most, that begins with a letter or digit',
    /^[a-z0-9][a-z0-9-]{0,62}$/,
  ).refine((name) => misreadAs(name) === undefined, { error: ({ input }) => appNameMust(String(input)) });

export const container = () =>
  matching(
    'the name of a container: 3 to 63 small letters, digits and single hyphens',
    /^(?=.{3,63}$)([a-z0-9]+(-[a-z0-9]+)*|\$(root|logs|web))$/,
  );

export const exportContainers = () => {
  const must =
    'the name of a container, or a list of them: 3 to 63 small letters, digits and single hyphens, or ' +
    'insights-logs-* or am-*';
  const name = matching(must, /^((?=.{3,63}$)([a-z0-9]+(-[a-z0-9]+)*|\$(root|logs|web))|insights-logs-\*|am-\*)$/);
  return z
    .union([name, z.array(name).min(1, { error: must })], { error: must })
    .transform((names) => (typeof names === 'string' ? [names] : names));
};

/** With what lies in the folder the name of a blob may have 1,024 characters. */
const LONGEST_PREFIX = 512;
const longPrefix = `a folder path of ${LONGEST_PREFIX} characters at most: the name of a blob has room for 1,024`;

export const prefix = (otherwise = '') => {
  const must = `a folder path such as ${otherwise || 'telemetry/raw'}, without a leading slash, empty parts or ..`;
  return matching(must, /^(?!\/)(?!.*\/\/)(?!(.*\/)?\.\.?(\/|$))[^\\]*$/)
    .refine((text) => (text !== '' || otherwise === '') && !/\p{Cc}/u.test(text), { error: must })
    .refine((text) => text.length <= LONGEST_PREFIX, { error: longPrefix })
    .transform((text) => text.replace(/\/$/, ''))
    .prefault(otherwise);
};

export const signalList = () =>
  z
    .array(z.enum(['all', ...signalNames], { error: `all, or signals out of ${signalNames.join(', ')}` }), {
      error: `a list of all, or signals out of ${signalNames.join(', ')}`,
    })
    .min(1, { error: 'at least one signal, or all' })
    .transform((names): Signal[] => signalNames.filter((name) => names.includes('all') || names.includes(name)));

/** For editors, which take a pattern only; what the host takes is known by scheduleOf. */
const sixFields = '^ *[^ ]+( +[^ ]+){5} *$';

export const schedule = () => {
  const must = scheduleOf('');
  return z
    .string({ error: String(must) })
    .superRefine((text, context) => {
      const found = scheduleOf(text);
      if (typeof found === 'string') context.addIssue({ code: 'custom', message: found });
    })
    .meta({ pattern: sixFields });
};

/** How long the lake keeps rows; shorter than this what comes late would be retired before it is in. */
const shortest = 7 * day;

/** One length for all signals, or one for each, `*` being the others'. */
export const retention = () => {
  const must =
    'a length in whole days from 7d to 36500d, such as 400d, or one for each signal ' +
    '(traces=30d, *=400d; forever: all is kept)';
  const length = z
    .string({ error: must })
    .regex(/^(\d{1,5}d|forever)$/, { error: must })
    .refine((text) => text === 'forever' || (durationOf(text) ?? 0) >= shortest, { error: must })
    .refine((text) => text === 'forever' || (durationOf(text) ?? 0) <= 36_500 * day, { error: must });
  const each = z.partialRecord(z.enum(['*', ...signalNames], { error: must }), length, { error: must });
  return z.union([length, each], { error: must }).transform((given): RetentionRules => {
    const rules = typeof given === 'string' ? { '*': given } : given;
    const kept = (signal: Signal): Millis | undefined => durationOf(rules[signal] ?? rules['*'] ?? '');
    return Object.fromEntries(
      signalNames.flatMap((signal) => (kept(signal) === undefined ? [] : [[signal, kept(signal)]])),
    );
  });
};
