import type { Command } from '../command.ts';
import { deliver } from '../deliver/deliver.ts';
import { accessNote, deliveryExits, shapingNote } from '../flags/notes.ts';
import { tooOld } from '../request/too-old.ts';
import { exportRequest } from './request.ts';

export const exportCommand: Command = {
  name: 'export',
  forms: [['--app <name>=<id> --from <time> --to <time> --out <place>', 'query API → lake']],
  about: `\
Brings a range of telemetry from the query API into a lake, without deploying anything. The ledger lies beside the files
(_insights-lake/): interrupted, the same command goes on where it was; run again, it does only what is not done.`,
  examples: `\
insights-lake export --app shop=01234567-89ab-cdef-0123-456789abcdef --from 2026-01-01 --to 2026-02-01 --out ./lake
insights-lake export --app shop=… --app pay=… --signals requests,exceptions --from 2026-01-31 --to 2026-02-01 \\
  --window 1d --out https://mylake.dfs.core.windows.net/telemetry`,
  notes: [
    shapingNote,
    `${accessNote}\nThe query API is asked with that identity too: it needs the role Reader on the app (or workspace).`,
  ],
  exits: deliveryExits,
  run: (options, edge) => {
    const { terminal } = edge;
    const request = exportRequest(options, terminal);
    // The flag is one for all apps.
    const { retention } = request.apps.find(({ query }) => query !== undefined)?.query ?? {};
    const old = tooOld(request.range, retention, terminal.now());
    if (old !== undefined) terminal.err(`${old}\n`, 'warn');
    return deliver(request, options, edge);
  },
};
