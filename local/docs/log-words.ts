import type { RunState } from '../../shared/pipeline/run.ts';

/**
 * What docs/operations.md says of the lines that functions log. A new state or field needs its words here; then
 * `npm run docs`.
 */

/** What a state means, and what it asks of the operator. */
export const stateWords: Readonly<Record<RunState, readonly [means: string, asks: string]>> = {
  done: ['the window is in the lake', 'nothing'],
  unchanged: ['it was already, and the source is as it was', 'nothing'],
  unavailable: ['the source has no rows of it and does not keep them so long', 'nothing can be done: they are gone'],
  failed: [
    'see `error`; it is tried again after 1, 2, 4 … minutes, at most an hour',
    'what the error says, if it lasts',
  ],
  halved: [
    'it was too heavy for one run, `error` says why; its two halves run in its place',
    'nothing. Many of them: a shorter `QUERY_WINDOW`, more memory (`instanceMemoryMB`), more time ' +
      '(`functionTimeout` in host.json, or the app setting `AzureFunctionsJobHost__functionTimeout`)',
  ],
  busy: ['another run holds it', 'nothing'],
  early: [
    'its back-off, or `EXPORT_REFRESH`, has not passed; with an `error`: it has not ended by the clock of the ' +
      'query API',
    'nothing; with an `error` the clock of the machine is to be set',
  ],
  overtaken: ['it stalled so long that a later run took over', 'nothing'],
  held: [
    'the lake is [paused or disabled](#a-lake-that-is-paused): nothing was tried, the ledger knows',
    'as for the alert *The lake is paused*',
  ],
  unknown: [
    'a message names a window that this lake never planned',
    'nothing; many of them: two apps share a `WINDOW_QUEUE`',
  ],
};

const feed = { app: 'the app', signal: 'the signal', source: 'query, or the kind of export' };
const range = { app: 'the app', signals: 'the signals', start: 'start of the range', end: 'its end, exclusive' };
const errors = 'how many errors there were; the call is red then, and says them';

export interface LineWords {
  readonly written: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** By `event`: when the line is written, and its other fields. */
export const lineWords: Readonly<Record<string, LineWords>> = {
  plan: {
    written: 'once a tick of `planWindows`',
    fields: {
      feeds: 'feeds looked at; the next four are their sums',
      planned: 'windows that are new',
      repeated: 'messages sent once more',
      open: 'windows that are not done',
      failed: 'windows whose last run failed',
      errors,
      behind: 'how far the last watermark is behind now',
      furthest: 'the fifteen feeds that are furthest behind: `app`, `signal`, `source`, `watermark`, `behind`',
      health: 'of the lake: active, paused or disabled',
      heldSince: 'where it is not active: since when',
      heldWhy: 'and why',
      losing: 'feeds of which rows are about to be lost at the source: `app`, `signal`, `source`, `until`',
      note: 'only when the ledger had lost how far feeds were planned and found it, an app goes by another name, or old empty files may not be removed',
    },
  },
  run: {
    written: 'for each call that had to do with a window',
    fields: {
      state: 'what came of it: the table below',
      ...feed,
      start: 'start of the window',
      end: 'its end, exclusive',
      revision: 'number of the claim',
      attempts: 'claims since it was last done',
      read: 'rows read',
      written: 'rows in the lake',
      deduplicated: 'rows that were there twice',
      filtered: 'rows that a `where` left out',
      quarantined: 'records that cannot be read, and were set aside',
      files: 'files written',
      bytes: 'their size',
      asked: 'requests to the query API, or blobs read',
      duration: 'from claim to end',
      error: 'why it failed or was halved; of `unchanged`, why the source holds less than the lake',
      remark: 'what to know of a reading that is whole: a refusal that was got around, a table that is not there',
      reasons: 'why lines were set aside, the first five reasons',
      left: 'old empty files that the lake did not let go',
      leftWhy: 'why, once a day',
      drift: 'fields that nobody knew, with the rows that have them',
    },
  },
  drift: {
    written: 'when a field that nobody knew is seen for the first time',
    fields: { ...feed, path: 'the field', count: 'rows that have it', firstSeen: 'when' },
  },
  sweep: {
    written: 'once a tick of `sweepBlobs`, and for each part of an archive',
    fields: {
      start: 'start of the folders that it looked at',
      end: 'their end, exclusive',
      windows: 'windows seen',
      blobs: 'blobs seen',
      bytes: 'their size',
      enqueued: 'windows that differ from the ledger, and run',
      open: 'windows that were on their way already',
      kept: 'windows that stay as they are, since blobs are archived',
      archived: 'windows with archived blobs',
      missing: 'containers that are not there',
      unknown: 'folders of kinds that are no signal, and blobs whose names are none of an export (`…/TILL/….gz`)',
      errors,
      parts: 'instead of all these: the parts into which an archive was cut',
    },
  },
  ledgerTable: {
    written:
      'once a day, by `auditWindows` or `sweepBlobs`, ' +
      'when [the ledger as a table](reading.md#the-ledger-as-a-table) was written into the lake',
    fields: {
      days: 'days whose file was written',
      rows: 'windows in them',
      bytes: 'bytes of these files',
      error: 'why it could not be written; it is tried again by the next tick. Nothing else depends on it',
    },
  },
  audited: {
    written: 'by `auditWindows`, for each feed in which it found something',
    fields: {
      ...feed,
      windows: 'windows looked at',
      enqueued: 'windows that run again',
      kept: 'windows that stay as they are (`AUDIT_PURGED=keep`)',
      gone: 'windows of which the source keeps no rows any more',
      unread: 'windows from an app that the settings do not read any more: not looked at',
      unreadThrough: 'the end of the last of them',
      starts: 'starts of the windows that run again, twenty at most',
      gaps: 'starts of times that no window covers',
    },
  },
  audit: {
    written: 'once a tick of `auditWindows`, where there is a feed to look at',
    fields: {
      feeds: 'feeds looked at; the next six are their sums',
      windows: 'windows looked at',
      enqueued: 'windows that run again',
      open: 'windows that are not done',
      kept: 'windows that stay as they are',
      gone: 'windows of which the source keeps no rows any more',
      unread: 'windows from apps that the settings do not read any more: not looked at',
      asked: 'requests to the query API',
      errors,
    },
  },
  retired: {
    written: 'by `tendLake`, for each feed of which the lake has something that is older than `LAKE_RETENTION`',
    fields: {
      ...feed,
      done: 'whether it was removed (`LAKE_RETIRE=remove`), or is only said',
      keptFrom: 'rows from this time on are kept',
      start: 'start of the first window that is older',
      end: 'end of the last one',
      windows: 'windows that are retired now, or would be; the next three are theirs',
      rows: 'rows',
      files: 'files',
      bytes: 'their size',
      removed: 'files that went',
      waiting: 'files that wait: a run of the last day, or readers of a table, may still need them',
      stuck: 'files that the lake did not let go',
      foreign: 'windows whose files another engine has merged with others: they stay',
      why: 'why files did not go',
      unfinished: 'time was up before all was done; the next tick goes on',
      error: 'what ended the look at this feed; the others were looked at, and the call is red',
    },
  },
  wrongFiles: {
    written: 'by `tendLake`, for each feed of which files are not as the ledger says',
    fields: {
      ...feed,
      wrong: 'files that are missing, altered, or of another length; of a table also hidden or shown wrongly',
      repaired: 'windows that run again for it',
      lost: 'windows whose rows the source no longer has: they stay as they are',
      held: 'more than half of the windows: nothing runs again before somebody has looked (`insights-lake audit`)',
      names: 'what is wrong and where, twenty files at most',
    },
  },
  files: {
    written: 'once a tick of `tendLake`, unless `LAKE_AUDIT` is off',
    fields: {
      feeds: 'feeds looked at; the next six are their sums',
      windows: 'windows looked at: those of the last month, and a 28th of those before',
      files: 'their files',
      wrong: 'files that are not as the ledger says',
      repaired: 'windows that run again',
      touched: 'files with another tag and the same bytes',
      read: 'bytes read to tell',
      errors: 'feeds that could not be looked at; the others were, and the call is red and says why',
    },
  },
  steer: {
    written: 'when somebody steers through the [API of the status page](status.md)',
    fields: {
      order: 'rerun, pause, resume, disable or backfill',
      status: 'of the answer',
      answer: 'what was answered',
    },
  },
  backfill: {
    written: 'for each answer to a message that asks something of [backfills](read-again.md#a-backfill)',
    fields: {
      id: 'its name',
      state: 'running, paused, cancelled or done',
      ...range,
      only: 'missing, failed or all windows',
      concurrency: 'windows that run at a time',
      begun: 'when it began',
      reached: 'start of what is to come',
      share: 'of its range, from 0 to 1',
      eta: 'when it is likely to be done',
      taken: 'windows handed out',
      open: 'those of them that are under way',
      failed: 'those that failed, and are tried again',
      roomless: 'windows left out so far, as other apps have their time under each name that was looked at',
      remark: 'what of the range is left out, where it begins',
    },
  },
  backfillPlan: {
    written: 'for a message that asks for the plan of a backfill',
    fields: {
      ...range,
      only: 'missing, failed or all windows',
      concurrency: 'windows that would run at a time',
      windows: 'windows that would run',
      skipped: 'windows that are done or on their way',
      roomless: 'windows whose time other apps have under each name that was looked at',
      retired: 'windows that are older than the lake keeps its rows',
      unavailable: 'windows that the source does not keep any more',
      doubtful: 'windows older than the usual 90 days, where `QUERY_RETENTION` is not set',
      rows: 'rows, guessed',
      bytes: 'bytes in the lake, guessed',
      requests: 'requests to the query API, guessed',
      time: 'how long it would take, guessed',
      sampled: 'windows that were counted for it',
    },
  },
  ignored: { written: 'for a blob event that is none of an export', fields: { blob: 'name of the blob' } },
};
