/** The functions of the built app, called as the worker calls them: `process.argv[2]` is its folder. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { injectCore } from '../../local/host/core.ts';

const core = injectCore();
await import(pathToFileURL(join(String(process.argv[2]), 'dist/functions/planWindows.js')).href);

process.on('message', async () => {
  const lines: string[] = [];
  const request = {
    invocationId: 'tick',
    inputData: [{ name: String(core.functions.get('planWindows')?.trigger.name), data: { json: '{}' } }],
    triggerMetadata: {},
  };
  await core
    .invoke('planWindows', request, (_level, message) => lines.push(message))
    .catch((error: unknown) => lines.push(`failed: ${error instanceof Error ? error.stack : error}`));
  process.send?.(lines);
});
process.once('disconnect', () => process.exit());
process.send?.([]);
