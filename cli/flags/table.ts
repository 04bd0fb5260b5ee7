import { signalNames } from '../../shared/config/schema.ts';
import { type Flag, instant, ofApps, same, settingsOf, switched, text, writers } from './words.ts';

export type { Flag, FlagType } from './words.ts';

/** Every flag, once; the order is that of help. */
export const flagTable = {
  container: {
    ...{ type: 'place', value: '<place>' },
    commands: { sweep: 'https://<account>.blob.core.windows.net/<container>[/<folder>], or a folder' },
  },
  enqueue: {
    ...switched,
    commands: { sweep: 'put the windows into ledger and queue of the app with these settings; it runs them' },
  },
  settings: {
    ...{ type: 'file', value: '<file>' },
    commands: {
      sweep: `with --enqueue: ${settingsOf}; with --out: of the app whose lake it is, where the lake does not say it`,
      ...same('of the app whose lake it is, where the lake itself does not say it', 'transform', 'export'),
      ...same(settingsOf, ...ofApps),
      check:
        'settings of a deployed app, as az functionapp config appsettings list --output json prints them, or an ' +
        'object of names and values; else those of local.settings.json in this folder, and the environment',
    },
  },
  app: {
    ...text('<app>'),
    many: true,
    commands: {
      transform:
        'name of the app for loose files (default: archive), or <export folder>=<name>; may be given several times',
      export: '<name>=<id>: Application Insights app by its application id; may be given several times',
      sweep: 'only this app, or <export folder>=<name>; may be given several times',
      ...same('only this app', 'status', 'requeue', 'rerun', 'audit', 'retention'),
      backfill: 'the app; may be left out where the settings have one',
    },
  },
  workspace: {
    ...text('<workspace>'),
    many: true,
    commands: {
      export: '<name>=<id>[,<resourceId>]: Log Analytics workspace, or one component in it; may be given several times',
    },
  },
  from: {
    ...text('<time>'),
    commands: {
      export: `${instant} (UTC unless it says otherwise)`,
      sweep: `only windows that end after this time: ${instant}; else all`,
      ...same(`only windows that begin at this time or later: ${instant}`, 'requeue', 'rerun', 'audit'),
      status: `begin of the strips: ${instant} (default: 30 days ago)`,
      backfill: `start of the range: ${instant}`,
    },
  },
  to: {
    ...text('<time>'),
    commands: {
      export: 'end of the range, exclusive; not in the future',
      sweep: 'only windows that begin before this time',
      ...same('only windows that begin before this time', 'requeue', 'rerun', 'audit'),
      status: 'end of the strips, exclusive (default: now)',
      backfill: 'end of the range, exclusive',
    },
  },
  prefix: {
    ...text('<text>'),
    commands: {
      sweep: 'only windows with a blob whose name starts like this (below the folder of the container)',
    },
  },
  signals: {
    ...text('<list>'),
    of: ['all', ...signalNames],
    default: 'all',
    commands: {
      export: signalNames.join(', '),
      ...same(
        'only these signals, with commas between them',
        'sweep',
        'status',
        'requeue',
        'rerun',
        'audit',
        'retention',
        'backfill',
      ),
    },
  },
  window: {
    ...text('<length>'),
    default: '1h',
    commands: {
      ...same('hour folders that go into one file: 1h to 1d', 'transform', 'sweep'),
      export: 'range of one query and one file, 5m to 1d, a divisor of the day',
    },
  },
  retention: {
    ...text('<length>'),
    commands: { export: 'how long its tables keep their rows, such as 90d; else QUERY_RETENTION of --settings' },
  },
  replace: {
    ...switched,
    commands: same(
      'what is given takes the place of what the lake has, even where that was made of more or longer blobs',
      'transform',
      'sweep',
    ),
  },
  watch: { ...switched, commands: { status: 'look again every 30 seconds, until Ctrl-C' } },
  faulty: { ...switched, commands: { rerun: 'only windows that failed, or that the source did not keep' } },
  missing: {
    ...switched,
    commands: { rerun: 'only windows that are not done: failed, not kept, or not in the ledger yet' },
  },
  start: { ...switched, commands: { rerun: 'have them run; else they are only counted' } },
  only: {
    ...{ type: 'choice', value: '<which>', of: ['missing', 'failed', 'all'] },
    default: 'missing',
    commands: { backfill: 'windows that are not done (missing), that failed, or all of them once more' },
  },
  concurrency: {
    ...text('<n>'),
    default: '2',
    commands: { backfill: 'windows that run at a time, at most one less than requests may (BUDGET_IN_FLIGHT)' },
  },
  id: { ...text('<name>'), commands: { backfill: 'which one, for pause, resume and cancel' } },
  'dry-run': {
    ...switched,
    commands: same('say what it would be, and change nothing', 'pause', 'resume', 'disable'),
  },
  reason: {
    ...text('<text>'),
    commands: same('why, for whoever looks at it later', 'pause', 'resume', 'disable'),
  },
  keep: {
    ...text('<rules>'),
    commands: {
      retention: 'how long rows are kept, in place of LAKE_RETENTION: 90d, or traces=30d, *=400d for each signal',
    },
  },
  remove: { ...switched, commands: { retention: 'take out what is older; else it is only counted' } },
  write: { ...switched, commands: { adopt: 'write the ledger; else it is only said what would be written' } },
  repair: { ...switched, commands: { audit: 'windows whose files are missing or differ run again' } },
  again: {
    ...switched,
    commands: { export: 'also windows that are done: rows that arrived late, were purged or are decoded better now' },
  },
  cloud: {
    ...{ type: 'choice', value: '<cloud>', of: ['public', 'usgov', 'china'] },
    default: 'public',
    commands: { export: 'public, usgov or china' },
  },
  endpoint: { ...text('<url>'), commands: { export: 'another address of the query API: private link, emulator' } },
  plan: {
    ...{ type: 'choice', value: '<plan>', of: ['analytics', 'basic'] },
    default: 'analytics',
    commands: { export: 'of the tables of a workspace: those on the Basic or Auxiliary plan are asked by /search' },
  },
  'key-env': { ...text('<NAME>'), commands: { export: 'environment variable that holds a key for that endpoint' } },
  out: {
    ...{ type: 'place', value: '<place>' },
    commands: {
      ...same('folder, or https://<account>.blob.core.windows.net/<container>[/<folder>] (dfs as well)', ...writers),
      ...same(
        'a lake that the command line made, instead: run the command that made it again afterwards',
        'requeue',
        'rerun',
      ),
      ...same('a lake that the command line made, instead', 'status', 'drift', 'audit', 'retention'),
      adopt: 'a lake that is to have a ledger of its own, as the command line keeps it, instead',
    },
  },
  format: {
    ...{ type: 'choice', value: '<format>', of: ['parquet', 'ndjson', 'csv'] },
    default: 'parquet',
    commands: same('parquet, ndjson or csv', ...writers),
  },
  gzip: { ...switched, commands: same('compress ndjson or csv', ...writers) },
  partition: {
    ...{ type: 'choice', value: '<slice>', of: ['hour', 'day'] },
    default: 'hour',
    commands: same('hour or day', ...writers),
  },
  path: {
    ...text('<template>'),
    many: true,
    commands: {
      ...same('path below the place; see docs/settings.md', ...writers),
      adopt: 'how files were named that neither the settings nor the lake explain; may be given several times',
    },
  },
  leave: {
    ...switched,
    commands: { adopt: 'files that are named as those of windows are, and that nothing explains, are not the lake’s' },
  },
  table: {
    ...{ type: 'choice', value: '<kind>', of: ['none', 'delta'] },
    default: 'none',
    commands: same('delta: a Delta Lake table a signal, where readers see whole runs (docs/delta.md)', ...writers),
  },
  dedupe: {
    ...{ type: 'choice', value: '<which>', of: ['id', 'record', 'none'] },
    default: 'id',
    commands: same(
      'records of a window that are the same to the letter are one: those with an id, all (record), or none of them',
      ...writers,
    ),
  },
  shape: {
    ...{ type: 'file', value: '<file>' },
    commands: same(
      'columns, rows and fields to leave out, hash, rename or add: the part shape of a settings document',
      ...writers,
    ),
  },
  jobs: {
    ...text('<n>'),
    default: 'the cores of this machine, as far as half of its memory has 250 MB for each',
    commands: same('windows that are decoded and written side by side, each by a thread of up to 250 MB', ...writers),
  },
  json: {
    ...switched,
    commands: {
      ...same('the summary as one JSON document (docs/cli.md)', ...writers),
      ...same('the counts as one JSON document', 'requeue', 'rerun'),
      status: 'what GET /api/status.json answers (docs/status.md)',
      drift: 'the fields as one JSON document',
      ...same('the state of the lake as one JSON document', 'pause', 'resume', 'disable'),
      ...same('the findings as one JSON document', 'audit', 'retention', 'adopt'),
      backfill: 'the answer as one JSON document',
      inspect: 'all of it as one JSON document (docs/cli.md)',
      check: 'the findings as one JSON document (docs/cli.md)',
    },
  },
} as const satisfies Readonly<Record<string, Flag>>;

export type FlagName = keyof typeof flagTable;

/** The flags that a command takes, by name. `--help` is every command's. */
export const flagsOf = (command: string): readonly (readonly [name: string, flag: Flag])[] =>
  Object.entries<Flag>(flagTable).filter(([, { commands }]) => Object.hasOwn(commands, command));
