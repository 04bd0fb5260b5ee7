import type { Command } from '../command.ts';
import { deliver } from '../deliver/deliver.ts';
import { accessNote, deliveryExits, shapingNote } from '../flags/notes.ts';
import { isSet } from '../flags/options.ts';
import { enqueue } from './enqueue.ts';
import { sweepRequest } from './request.ts';

export const sweepCommand: Command = {
  name: 'sweep',
  forms: [
    ['--container <place> --out <place>', 'export container → lake'],
    ['--enqueue', 'the same, by the deployed app'],
  ],
  about: `\
Brings all windows of an export container into a lake that a deployed app would bring: from here, or with --enqueue by
the app itself, beside its live windows. The container is listed without events, so archives of any age count. Run
again, it goes on: windows that have not changed since their last run are skipped. Archived blobs are skipped.`,
  examples: `insights-lake sweep --container https://myexports.blob.core.windows.net/telemetry --out ./lake
insights-lake sweep --enqueue --settings deployed.json --from 2023-01-01 --to 2024-03-01`,
  notes: [
    shapingNote,
    `${accessNote}\nWhere --container and --out lie in two accounts, a connection string opens the account that ` +
      'it is of.',
  ],
  exits: deliveryExits,
  run: (options, edge) =>
    isSet(options, 'enqueue') ? enqueue(options, edge) : deliver(sweepRequest(options, edge.terminal), options, edge),
};
