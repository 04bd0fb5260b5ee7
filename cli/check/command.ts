import type { Command } from '../command.ts';
import { check } from './check.ts';

export const checkCommand: Command = {
  name: 'check',
  forms: [['[--settings <file>]', 'settings, access and clock']],
  about: `\
Looks at all that an app with these settings will need, as the identity at hand (az login): a line each, and what to do.
  settings  every one of them
  clock     of this machine, against a service's
  source    the query API: a minute of every signal of every app
  exports   the containers of export blobs: listed
  lake      a file is written, overwritten, listed and removed
  state     table and queue (both are created where they are missing, as the app would), and whether the ledger is
            the lake's`,
  examples: `insights-lake check
az functionapp config appsettings list --resource-group … --name … --output json > deployed.json
insights-lake check --settings deployed.json && rm deployed.json`,
  exits: {
    0: 'nothing failed (warnings count as well)',
    1: 'the state failed, or several sides',
    2: 'wrong usage or settings',
    3: 'a source cannot be read',
    4: 'the lake cannot be written',
    130: 'interrupted (Ctrl-C)',
  },
  run: check,
};
