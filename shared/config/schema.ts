import { z } from 'zod';
import { lake } from './lake-schema.ts';
import { shape, signalNames, signalShape } from './shape-schema.ts';
import {
  bound,
  container,
  count,
  day,
  divides,
  duration,
  exportContainers,
  formatNames,
  instant,
  matching,
  minute,
  nameOfApp,
  oneOf,
  prefix,
  schedule,
  signalList,
  url,
  wholeHours,
} from './value-schema.ts';

/**
 * The settings document: what INSIGHTS_LAKE_CONFIG holds, and what the flat app settings are read into. The `error` of
 * every value says what it must be and completes the sentence "X must be …". insights-lake.schema.json is generated
 * from this.
 */

export { formatNames, signalNames };

const query = {
  cloud: oneOf(['public', 'usgov', 'china']).describe('Azure cloud that the app lives in. Default: public.').optional(),
  endpoint: url('the address of a query API such as https://api.applicationinsights.io')
    .describe('Another address of the query API: a private link or an emulator.')
    .optional(),
  plan: oneOf(['analytics', 'basic'])
    .describe('Plan of the tables: those on the Basic or Auxiliary plan are asked by /search. Default: analytics.')
    .optional(),
  window: duration('a length from 5m to 1d that divides the day, such as 15m, 1h or 6h', divides)
    .describe('Length of a window. Default: 1h.')
    .optional(),
  lag: duration('a length from 0m to 2d, such as 10m', (length) => length >= 0 && length <= 2 * day)
    .describe('How far behind now a window must end before it is exported. Default: 10m.')
    .optional(),
  from: instant().describe('Start of the first window. Default: when the app first starts.').optional(),
  until: instant().describe('End of the last window. Default: none.').optional(),
  retention: duration('a length from 4d to 4383d, such as 90d', (length) => length >= 4 * day && length <= 4383 * day)
    .describe('How long the tables keep their rows (interactive retention). Default: not known; 90d are assumed.')
    .optional(),
};

const app = z.strictObject({
  name: nameOfApp().describe('Short name of the app in paths and messages.'),
  appId: matching('an application id (Azure portal: API Access, Application ID)', /^[A-Za-z0-9_-]{1,64}$/)
    .describe('Application id. Either this or workspaceId.')
    .optional(),
  workspaceId: matching('a workspace id (Azure portal: Log Analytics workspace, Overview)', /^[A-Za-z0-9_-]{1,64}$/)
    .describe('Log Analytics workspace id. Either this or appId.')
    .optional(),
  resourceId: matching(
    'a resource id such as /subscriptions/…/resourceGroups/…/providers/microsoft.insights/components/…',
    /^\/subscriptions\/[^/\s'"]+\/resourcegroups\/[^/\s'"]+\/providers\/[^\s'"]+$/i,
  )
    .describe('With workspaceId: only the rows of this component. Default: every component in the workspace.')
    .optional(),
  signals: signalList().describe('Default: signals of the document, or all.').optional(),
  ...query,
});

const exportBlobs = z.strictObject({
  container: exportContainers().describe(
    'Containers that the telemetry was or is exported to. insights-logs-* and am-* stand for the ten of ' +
      'diagnostic settings and data export.',
  ),
  prefix: prefix().describe('Folder in the first container that holds the exports.'),
  connection: matching(
    'the name of a connection, such as ExportStorage or AzureWebJobsStorage',
    /^[A-Za-z][A-Za-z0-9_]*$/,
  )
    .describe('App setting, or prefix of app settings (…__blobServiceUri), that names the storage account.')
    .prefault('ExportStorage'),
  window: duration('whole hours that divide the day, such as 1h, 6h or 1d', wholeHours)
    .describe('Length of a window: an hour folder, or several.')
    .prefault('1h'),
  refresh: duration('a length from 0m to 1d, such as 5m', (length) => length >= 0 && length <= day)
    .describe('A window runs at most once in this time, however many blobs arrive.')
    .prefault('5m'),
  lookback: duration('a length from 1h to 90d, such as 72h', (length) => length >= 60 * minute && length <= 90 * day)
    .describe(
      'How long after its time a folder can still change: so far back, from the last sweep that finished, a sweep ' +
        'looks.',
    )
    .prefault('72h'),
  emptied: oneOf(['keep', 'follow'])
    .describe(
      'Whether a folder that was emptied (by a lifecycle rule) leaves the lake as it is, or empties the files of ' +
        'its window.',
    )
    .prefault('keep'),
  dedupe: oneOf(['id', 'record', 'none'])
    .describe(
      'Within a window, records that are the same to the letter are one: those with an id, with record all (data ' +
        'export repeats lines), with none not even those.',
    )
    .prefault('id'),
  schedule: schedule().describe('When the containers are swept.').prefault('0 */10 * * * *'),
  trigger: oneOf(['EventGrid', 'LogsAndContainerScan'])
    .describe('How the blob trigger learns of blobs.')
    .prefault('EventGrid'),
  from: bound().describe('Folders before this time are left alone.').optional(),
  until: bound().describe('Folders from this time on are left alone.').optional(),
  signals: signalList().describe('Default: signals of the document, or all.').optional(),
  apps: z
    .record(z.string(), nameOfApp(), { error: 'an object of export folder to app name' })
    .describe('Export folder ({appName}_{ikey}) to app name. Folders that are not named go by their own appName.')
    .prefault({}),
});

const quarantine = z.strictObject({
  prefix: prefix('_quarantine').describe('Folder for quarantined lines, in the lake or in a container of its own.'),
  container: container().describe("A container of its own, on the lake's account.").optional(),
  bytes: oneOf(['keep', 'omit'])
    .describe(
      'Whether the bytes of the lines are kept. Default: keep, but omit as soon as any shape drops, hashes, ' +
        'allows or denies anything.',
    )
    .optional(),
});

const state = z.strictObject({
  table: matching('a table name: 3 to 63 letters and digits, a letter first', /^[A-Za-z][A-Za-z0-9]{2,62}$/)
    .describe('Table that holds the ledger.')
    .prefault('insightslake'),
  queue: matching(
    'a queue name: 3 to 63 small letters, digits and single hyphens',
    /^(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*$/,
  )
    .describe('Queue of windows.')
    .prefault('insights-lake-windows'),
  lease: duration('a length from 10s to 1h, such as 2m', (length) => length >= 10_000 && length <= 60 * minute)
    .describe('How long a claim on a window is respected without a renewal.')
    .prefault('2m'),
});

const plan = z.strictObject({
  schedule: schedule().describe('When windows are planned.').prefault('0 */5 * * * *'),
  patience: duration('a length from 1m to 1d, such as 30m', (length) => length >= minute && length <= day)
    .describe('How long a message may lead to nothing before it is sent again.')
    .prefault('30m'),
  limit: count(1, 10_000).describe('Windows that one tick plans at most, per app and signal.').prefault(240),
});

const audit = z.strictObject({
  schedule: schedule()
    .describe('When windows of the query API that are done are looked at again.')
    .prefault('0 7 * * * *'),
  recheck: duration('a length from 0m to 30d, such as 50h', (length) => length >= 0 && length <= 30 * day)
    .describe('So far back every audit looks: as long as late rows can come.')
    .prefault('50h'),
  horizon: duration('a length from 0m to 4383d, such as 30d', (length) => length >= 0 && length <= 4383 * day)
    .describe('So far back an audit looks once a day.')
    .prefault('30d'),
  purged: oneOf(['follow', 'keep'])
    .describe('Whether rows that were purged at the source leave the lake.')
    .prefault('follow'),
});

const budget = z.strictObject({
  inFlight: count(1, 100).describe('Requests to the query API under way at a time.').prefault(5),
  rate: count(1, 100_000).describe('Requests to the query API in any 30 seconds.').prefault(200),
});

const status = z.strictObject({
  access: oneOf(['key', 'entra'])
    .describe('Whether keys of the app or Entra (App Service authentication) guard the status page and its API.')
    .prefault('key'),
});

export const settingsDocument = z.strictObject({
  $schema: z.string().optional(),
  apps: z.array(app, { error: 'a list of apps' }).describe('Apps to export from the query API.').prefault([]),
  signals: signalList().describe('Signals of every source that names none of its own.').prefault(['all']),
  query: z.strictObject(query).describe('For every app that does not say otherwise.').prefault({}),
  exports: exportBlobs.describe('Export blobs to bring into the lake.').optional(),
  lake: lake.describe('Where the files go, and how they look.').prefault({}),
  shape: shape.describe('What is made of the columns, by signal; * for all.').prefault({}),
  quarantine: quarantine.describe('Where lines go that cannot be read.').prefault({}),
  state: state.describe('Tables and queues.').prefault({}),
  plan: plan.describe('The planner.').prefault({}),
  audit: audit.describe('The audit of query windows.').prefault({}),
  budget: budget.describe('What all instances together ask of the query API.').prefault({}),
  status: status.describe('The status page and its API.').prefault({}),
});

/** The keys of each section ('' for the document itself), to suggest one where another was written. */
export const sectionKeys: Readonly<Record<string, readonly string[]>> = {
  '': Object.keys(settingsDocument.shape),
  apps: Object.keys(app.shape),
  query: Object.keys(query),
  exports: Object.keys(exportBlobs.shape),
  lake: Object.keys(lake.shape),
  shape: Object.keys(shape.shape),
  'shape.*': Object.keys(signalShape.shape),
  quarantine: Object.keys(quarantine.shape),
  state: Object.keys(state.shape),
  plan: Object.keys(plan.shape),
  audit: Object.keys(audit.shape),
  budget: Object.keys(budget.shape),
  status: Object.keys(status.shape),
};

export type SettingsDocument = z.output<typeof settingsDocument>;
export type AppSettings = SettingsDocument['apps'][number];

/** The JSON Schema of the document, for editors. */
export const settingsJsonSchema = (): object => ({
  ...z.toJSONSchema(settingsDocument, { io: 'input' }),
  title: 'Settings of Insights Lake (INSIGHTS_LAKE_CONFIG)',
});
