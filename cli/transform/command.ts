import type { Command } from '../command.ts';
import { deliver } from '../deliver/deliver.ts';
import { accessNote, deliveryExits, shapingNote } from '../flags/notes.ts';
import { transformRequest } from './request.ts';

export const transformCommand: Command = {
  name: 'transform',
  forms: [['<files or folders…> --out <place>', 'export blobs on disk → lake']],
  words: 'files or folders',
  about: `\
Turns export blobs on disk (Continuous Export, diagnostic settings, data export; folders as they were downloaded, or
loose files) into lake files. The signal is recognised from the records. Run again, it does only what is new or has
changed.`,
  examples: `insights-lake transform ./export --out ./lake
insights-lake transform ./fabrikam_2b1f0c9d… old/*.blob --out ./lake --format ndjson --gzip
insights-lake transform ./export --out https://mylake.blob.core.windows.net/telemetry/archive --partition day
insights-lake transform ./export --out ./lake --shape shape.json`,
  notes: [shapingNote, accessNote],
  exits: deliveryExits,
  run: (options, edge) => deliver(transformRequest(options, edge.terminal), options, edge),
};
