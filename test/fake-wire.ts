import { registerHooks } from 'node:module';

/** From now on the functions get what `wired` makes in place of what shared/wire.ts would. Before they are imported. */
export function fakeWire(wired: () => unknown): void {
  Object.assign(globalThis, { fakeWired: wired });
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier.endsWith('/shared/wire.ts')
        ? { url: 'fake:wire', format: 'module', shortCircuit: true }
        : next(specifier, context),
    load: (url, context, next) =>
      url === 'fake:wire'
        ? { format: 'module', source: 'export const wired = () => globalThis.fakeWired();', shortCircuit: true }
        : next(url, context),
  });
}
