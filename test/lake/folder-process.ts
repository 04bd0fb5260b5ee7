/**
 * A process of its own that works on a folder store, for store-folder.test.ts: `node folder-process.ts <what>
 * <folder>`.
 */
import { appendFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { withFolderLock } from '../../shared/lake/folder-lock.ts';
import { ownerWord } from '../../shared/lake/folder-owner.ts';
import { createFolderStore } from '../../shared/lake/store-folder.ts';

const [what = '', folder = ''] = process.argv.slice(2);
const store = createFolderStore(folder);
const [lock, scratch] = [join(folder, '.insights-lake', 'lock'), join(folder, '.insights-lake', 'tmp')];

const work: Record<string, () => Promise<void>> = {
  /** Takes the lock and never lets it go. */
  hold: () =>
    withFolderLock(lock, scratch, async () => {
      console.log('held');
      await sleep(600_000);
    }),
  /** Leaves a temporary file behind. */
  litter: async () => {
    await store.put('a', new Uint8Array(1), undefined);
    await writeFile(join(folder, '.insights-lake', 'tmp', `${ownerWord()}.77`), 'half');
    console.log('left');
    await sleep(600_000);
  },
  /** Adds one to a counter a hundred times, by conditional puts. */
  count: async () => {
    for (let n = 0; n < 100; ) {
      const etag = await store.head('counter');
      const pieces =
        etag === undefined
          ? []
          : await Array.fromAsync(store.read('counter', { start: 0, end: 100, etag })).catch(() => undefined);
      if (pieces === undefined) continue;
      const next = new TextEncoder().encode(String(Number(Buffer.concat(pieces).toString()) + 1));
      if ((await store.put('counter', next, etag)) !== undefined) n += 1;
    }
  },
  /** Notes when it comes into the lock and when it leaves, over and over until it is killed. */
  enter: async () => {
    for (;;) {
      await withFolderLock(lock, scratch, async (turn) => {
        appendFileSync(join(folder, 'log'), `in ${turn} ${process.pid}\n`);
        await sleep(1);
        appendFileSync(join(folder, 'log'), `out ${turn} ${process.pid}\n`);
      });
    }
  },
};

await work[what]?.();
