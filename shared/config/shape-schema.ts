import { z } from 'zod';
import type { Signal } from '../model.ts';

/** The part `shape` of the settings document: what is made of a signal's columns. */

export const signalNames = [
  'requests',
  'dependencies',
  'exceptions',
  'traces',
  'customEvents',
  'customMetrics',
  'pageViews',
  'browserTimings',
  'availabilityResults',
  'performanceCounters',
] as const satisfies readonly Signal[];

const types = ['string', 'integer', 'long', 'real', 'boolean', 'timestamp'] as const;

const listMust = (of: string) => `a list of ${of}`;
const names = (of: string) =>
  z.array(z.string({ error: listMust(of) }).min(1, { error: listMust(of) }), { error: listMust(of) });

/** What every reader of every format takes for a column's name. */
const columnName = () => {
  const error = 'a name of letters, digits and underscores, 128 at most, that does not begin with a digit';
  return z.string({ error }).regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, { error });
};

const fields = (of: string) =>
  z.strictObject(
    {
      allow: names(of).describe('Only these stay.').optional(),
      deny: names(of).describe('These go.').optional(),
    },
    { error: 'an object with allow or deny' },
  );

const fromMust =
  'customDimensions., customMeasurements. or extra. and the name of a field, such as customDimensions.tenant id';

const promotion = z.strictObject({
  from: z
    .string({ error: fromMust })
    .regex(/^((customDimensions|customMeasurements)\..+|extra(\.[^."\\]+)+)$/s, { error: fromMust })
    .describe('customDimensions.<name>, customMeasurements.<name> or extra.<dotted path>.'),
  as: columnName().describe('Name of the column.'),
  type: z.enum(types, { error: `one of ${types.join(', ')}` }).describe('A value that does not fit becomes null.'),
});

const whereMust = "a condition in KQL such as resultCode != '404'";

export const signalShape = z.strictObject(
  {
    drop: names('columns').describe('Columns that are left out.').optional(),
    hash: names('columns')
      .describe('Columns whose values become HMAC-SHA256 (hex) with the secret SHAPE_HASH_KEY.')
      .optional(),
    rename: z
      .record(z.string(), columnName(), { error: 'an object of column to new name' })
      .describe('Column to its name in the files.')
      .optional(),
    where: z
      .string({ error: whereMust })
      .refine((text) => text.trim() !== '', { error: whereMust })
      .describe(
        'A condition in KQL on the columns (before dropping, hashing and renaming): rows for which it is not true ' +
          'are left out.',
      )
      .optional(),
    promote: z
      .array(promotion, { error: listMust('promotions') })
      .describe('Fields that become columns.')
      .optional(),
    dimensions: fields('names of custom dimensions').describe('Which custom dimensions stay.').optional(),
    extra: fields('dotted paths').describe('Which fields of extra stay.').optional(),
  },
  { error: 'an object with drop, hash, rename, where, promote, dimensions or extra' },
);

const everySignal = Object.fromEntries(signalNames.map((name) => [name, signalShape.optional()])) as Record<
  Signal,
  ReturnType<typeof signalShape.optional>
>;

export const shape = z.strictObject(
  { '*': signalShape.optional(), ...everySignal },
  { error: 'an object of signal to its shape' },
);
