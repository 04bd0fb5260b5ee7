/**
 * A disk for temporary files that stands still, as a mount does whose server is gone: while a pipe that nobody reads lies
 * at STUCK_DISK, whoever writes a temporary file waits in the kernel for ever. With STUCK_ALL the whole process does.
 */
import { existsSync, openSync } from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';

const [pipe = '', all] = [process.env.STUCK_DISK, process.env.STUCK_ALL];
const { writeFile, open } = promises;
promises.writeFile = async (path, ...more) => {
  if (String(path).startsWith(tmpdir()) && existsSync(pipe)) {
    if (all === undefined) await open(pipe, 'w');
    else openSync(pipe, 'w');
  }
  return writeFile(path, ...more);
};
syncBuiltinESMExports();
