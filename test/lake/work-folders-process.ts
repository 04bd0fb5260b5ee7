/** A process of its own with a work folder, for work-folders.test.ts: `node work-folders-process.ts <base>`. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { workFolders } from '../../shared/lake/work-folders.ts';

const [base = '', how = ''] = process.argv.slice(2);
await workFolders(base)(async (folder) => {
  await writeFile(join(folder, 'chunk'), 'telemetry');
  console.log(folder);
  if (how === 'stay') await sleep(600_000);
});
