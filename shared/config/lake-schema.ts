import { z } from 'zod';
import { container, formatNames, matching, oneOf, prefix, retention, schedule, url } from './value-schema.ts';

/** The part `lake` of the settings document: where files go, how they look, and how long they stay. */

const tending = {
  retention: retention()
    .describe(
      'How long the lake keeps rows, by their data date: one length for all signals, or one for each ' +
        '(* for the others). Default: for ever.',
    )
    .optional(),
  retire: oneOf(['report', 'remove'])
    .describe('What is older than retention is only reported once a day, or removed.')
    .prefault('report'),
  audit: oneOf(['repair', 'report', 'off'])
    .describe('Files that somebody deleted or altered: their windows run again, or they are only named.')
    .prefault('repair'),
  schedule: schedule().describe('When the lake is tended: retention, and its audit.').prefault('0 40 3 * * *'),
};

export const lake = z.strictObject({
  accountUrl: url('the blob or dfs endpoint of a storage account such as https://account.blob.core.windows.net')
    .describe('Storage account of the lake (Blob Storage or ADLS Gen2).')
    .optional(),
  container: container().describe('Container of the lake; created when missing.').optional(),
  prefix: prefix().describe('Folder in the container.'),
  clientId: matching('the client id of a managed identity', /^[0-9A-Za-z-]+$/)
    .describe('Managed identity for the lake. Default: AZURE_CLIENT_ID, else the system-assigned one.')
    .optional(),
  folder: z
    .string({ error: 'a path of a local folder' })
    .min(1, { error: 'a path of a local folder' })
    .describe('A local folder instead.')
    .optional(),
  format: oneOf(formatNames).describe('Format of the files.').prefault('parquet'),
  gzip: z.boolean({ error: 'true or false' }).describe('Compress text formats.').prefault(false),
  partition: oneOf(['hour', 'day']).describe('Time slice in the paths.').prefault('hour'),
  path: z
    .string({ error: 'a path template' })
    .min(1, { error: 'a path template' })
    .describe('Path template; see docs/settings.md.')
    .optional(),
  table: oneOf(['none', 'delta'])
    .describe('Plain files, or a Delta Lake table a signal: readers see whole snapshots. See docs/delta.md.')
    .prefault('none'),
  ...tending,
});
