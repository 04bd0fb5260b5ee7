/**
 * A process of its own that brings windows into a lake of tables, for processes.test.ts: `node writer.ts <place>
 * <calls> <seed>`. It dies at its call to storage with that number (0: never), which is done or not. `place`: a folder,
 * or a connection string of Azurite.
 */

import { randomUUID } from 'node:crypto';
import { ContainerClient } from '@azure/storage-blob';
import { chanceOf } from '../../../local/telemetry/chance.ts';
import { openDeltaLake } from '../../../shared/lake/delta/lake-tables.ts';
import { tableFilePath } from '../../../shared/lake/paths.ts';
import { createContainerStore } from '../../../shared/lake/store-container.ts';
import { createFolderStore } from '../../../shared/lake/store-folder.ts';
import type { ObjectStore } from '../../../shared/model.ts';
import { plannedEntry } from '../../../shared/pipeline/entry.ts';
import { runWindow } from '../../../shared/pipeline/run.ts';
import { createStoreLedger } from '../../../shared/state/ledger-store.ts';
import { systemClock } from '../../../shared/wire/clock.ts';
import { gated, truthSource, wordEngine } from '../../pipeline/world.ts';
import { truthOf, windowsOf } from './windows.ts';

const [place = '', calls = '0', seed = ''] = process.argv.slice(2);
const chance = chanceOf(seed);
let left = Number(calls) === 0 ? Number.POSITIVE_INFINITY : Number(calls);

const bare: ObjectStore = place.includes('AccountName')
  ? createContainerStore({ client: new ContainerClient(place, 'lake'), prefix: '', newId: randomUUID })
  : createFolderStore(place);
/** Before or after the call has its effect: both are passed. */
const dying = gated(bare, async () => {
  left -= 0.5;
  if (left <= 0) process.exit(9);
});
const lake: ObjectStore = {
  ...bare,
  head: dying.head,
  remove: dying.remove,
  // Local files of the word engine are their own contents.
  put: (name, content, etag) =>
    dying.put(name, content instanceof Uint8Array ? content : Buffer.from(content.files.join('')), etag),
};

const ledger = createStoreLedger(lake);
const tables = openDeltaLake({
  lake,
  clock: systemClock,
  newId: randomUUID,
  columns: () => [{ name: 'timestamp', type: 'timestamp' }],
});
const engine = wordEngine();

for (let open = true; open; ) {
  open = false;
  const from = chance.int(0, windowsOf.length - 1);
  for (const window of [...windowsOf.slice(from), ...windowsOf.slice(0, from)]) {
    const seen = await ledger.read(window);
    if (seen?.value.state === 'done' && seen.value.revision >= 2) continue;
    open = true;
    // Everything runs twice: what is there is replaced.
    const due =
      seen === undefined ? plannedEntry(window) : { ...seen.value, again: true, notBefore: 0, fingerprint: 'other' };
    if (seen === undefined || seen.value.state === 'done') await ledger.write(due, seen?.etag);
    await runWindow(window, {
      ...{ ledger, lake, tables, clock: systemClock, lease: 1_500, engine },
      source: {
        open: async (...asked) => ({ ...(await truthSource(() => truthOf(window)).open(...asked)), empty: false }),
      },
      path: (file, of, revision) =>
        tableFilePath({ window: of, signal: 'requests', partition: file.partition * 86_400_000, part: 1, revision }),
      discard: async () => {},
      withWorkFolder: (use) => use('work'),
    });
    await systemClock.sleep(chance.int(0, 20));
  }
}
