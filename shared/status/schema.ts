/** What `GET /api/status.json` and `GET /api/window` answer. The OpenAPI file is made of it. */
import * as z from 'zod';

const time = z.iso.datetime().describe('UTC');
const count = z.number().int().nonnegative();
const feed = { app: z.string(), signal: z.string(), source: z.string() };
const span = { from: time, to: time };

const sums = z.strictObject({
  windows: z
    .strictObject({
      due: count,
      running: count,
      done: count,
      again: count,
      failed: count,
      unavailable: count,
      retired: count,
    })
    .describe('Windows by state; halved ones are counted as their halves.'),
  read: count,
  written: count.describe('Rows in the lake.'),
  deduplicated: count,
  filtered: count,
  quarantined: count,
  files: count,
  bytes: count,
  late: count.describe('Rows that came in after their window had been done.'),
  purged: count.describe('Rows that went again from the source.'),
  runs: count,
  asked: count.describe('Requests to the query API, or blobs read, by all runs.'),
  wasted: count.describe('Those of them that led to no row.'),
  duration: count.describe('Milliseconds that the last runs took.'),
  delay: count.describe('Milliseconds from the ends of windows to when they were first done.'),
  delayed: count.describe('Windows that `delay` is of.'),
});

const need = z.strictObject({
  kind: z.enum(['health', 'failed', 'late', 'missing', 'unavailable', 'quarantine', 'stopped', 'backfill']),
  text: z.string().describe('What is wrong, in a sentence.'),
  advice: z.string().describe('What to do.'),
  feeds: z.array(z.strictObject(feed)).describe('At most 20 of them.'),
  count: count.describe('Feeds that this is of.'),
  window: z
    .strictObject({ ...feed, at: time })
    .optional()
    .describe('A window to look at.'),
  action: z
    .strictObject({ order: z.enum(['rerun', 'resume', 'backfill']), body: z.record(z.string(), z.unknown()) })
    .optional()
    .describe('What to post, and where, to act on it.'),
});

export const statusSchema = z.strictObject({
  version: z.strictObject({ app: z.string(), schema: count, state: count }),
  at: time,
  lake: z.string(),
  range: z.strictObject({ ...span, grain: count.describe('Milliseconds of a cell.') }),
  verdict: z.strictObject({
    state: z.enum(['complete', 'late', 'failed', 'paused', 'empty']),
    text: z.string(),
    completeUntil: time.nullable(),
    behind: count.nullable().describe('Milliseconds.'),
    late: count,
    failed: count,
    feeds: count,
  }),
  needs: z.array(need),
  feeds: z.array(
    z.strictObject({
      ...feed,
      state: z.enum(['complete', 'late', 'failed', 'stopped', 'empty']),
      watermark: time.nullable().describe('Complete until then; null: feeds of export blobs have none.'),
      settled: time.nullable().describe('Nothing will change before then.'),
      cells: z.string().describe('See `letters`: cells from range.from on, as shared/status/cells.ts spells them.'),
      rows: z.string().describe('Rows of each day of the range, parted by spaces; empty where a day has none.'),
      failure: z
        .strictObject({ ...span, attempts: count, error: z.string() })
        .optional()
        .describe('The first window whose last run failed.'),
    }),
  ),
  letters: z.record(z.string(), z.string()),
  total: sums.describe('Of the windows that start on the days of the range.'),
  days: z.array(sums.extend({ day: z.iso.date() })),
  quarantine: z.array(z.strictObject({ ...feed, rows: count })),
  drift: z.array(z.strictObject({ ...feed, path: z.string(), count, firstSeen: time })),
  backfills: z.array(z.record(z.string(), z.unknown())),
  health: z.strictObject({
    state: z.enum(['active', 'paused', 'disabled']),
    since: time.nullable(),
    by: z.enum(['itself', 'hand']),
    reason: z.string(),
    commits: count,
    succeeded: count,
    disabledAt: time.nullable(),
  }),
  settings: z.record(z.string(), z.unknown()).describe('In force; secrets are not among them.'),
});
export type Status = z.infer<typeof statusSchema>;
export type Need = z.infer<typeof need>;

export const windowSchema = z.strictObject({
  ...feed,
  start: time,
  end: time,
  state: z.string(),
  revision: count,
  attempts: count.describe('Claims since it was last done.'),
  died: count.describe('Those of them that ended without a word.'),
  error: z.string(),
  advice: z.string(),
  startedAt: time.nullable(),
  doneAt: time.nullable(),
  leaseUntil: time.nullable(),
  notBefore: time.nullable().describe('Not to be run before.'),
  fingerprint: z.string(),
  counts: z.strictObject({ read: count, written: count, deduplicated: count, filtered: count, quarantined: count }),
  totals: z.strictObject({ asked: count, wasted: count, late: count, purged: count }),
  asked: count.describe('Requests or blobs of the last run.'),
  files: z.array(z.strictObject({ path: z.string(), signal: z.string(), rows: count, bytes: count })),
  fileCount: count.describe('At most 200 of them are listed.'),
});
export type WindowView = z.infer<typeof windowSchema>;
