/** Preloaded by a process that is to run the built app (dist/), as users do, in place of its sources. */
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = pathToFileURL(join(import.meta.dirname, '../..')).href;

registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context);
    if (!found.url.startsWith(`${root}/shared/`)) return found;
    return { ...found, url: found.url.replace('/shared/', '/dist/shared/').replace(/\.ts$/, '.js') };
  },
});
