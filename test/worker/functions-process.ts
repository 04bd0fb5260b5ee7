/** The app's functions in a process of their own, called by messages: what the real worker is to the host. */
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { injectCore, type Request } from '../../local/host/core.ts';

export type Called = { readonly id: number; readonly name: string; readonly request: Request };
export type Told =
  | { readonly functions: readonly [string, unknown][] }
  | { readonly id: number; readonly log: string; readonly level: string }
  | { readonly id: number; readonly error: string | undefined; readonly value: unknown };

const root = join(import.meta.dirname, '../..');
const core = injectCore();
for (const entry of globSync('functions/*.ts', { cwd: root }).sort())
  await import(pathToFileURL(join(root, entry)).href);

const tell = (told: Told): void => void process.send?.(told);
process.on('message', ({ id, name, request }: Called) => {
  core
    .invoke(name, request, (level, log) => tell({ id, level, log }))
    .then(
      (value) => tell({ id, value, error: undefined }),
      (error: unknown) => tell({ id, value: undefined, error: error instanceof Error ? error.message : String(error) }),
    );
});
process.once('disconnect', () => process.exit());
tell({ functions: [...core.functions].map(([name, { metadata, trigger }]) => [name, { metadata, trigger }]) });
