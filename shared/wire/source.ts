import { overlapText, sourceOverlap } from '../config/apps.ts';
import type { Config, Source, Window } from '../model.ts';
import type { Names } from '../pipeline/names/names.ts';
import type { QueryApi } from './query.ts';

/**
 * One source for all windows: the query API of the app that the window was planned for, whatever that is called by now,
 * or the containers of export blobs.
 */
export function sourceOf(
  config: Config,
  apis: ReadonlyMap<string, QueryApi>,
  blobs: Source | undefined,
  names: Names,
): Source {
  return {
    open: async (window, abort, origin) => {
      if (window.source !== 'query') refuseOverlap(window, config);
      else if (!apis.has(window.app)) await names.look();
      const source = window.source === 'query' ? apis.get(names.reader(window, origin) ?? '')?.source : blobs;
      if (source) return source.open(window, abort);
      throw new Error(
        `${window.app} ${window.source}: no such source in the settings any more; put it back, or leave the ` +
          'window as it is',
      );
    },
  };
}

/**
 * Apps of export blobs that the settings do not name are known only when their blobs come: their rows must not come
 * twice either.
 */
function refuseOverlap({ app, signal, start, end }: Window, { apps, exports }: Config): void {
  const twice = exports && sourceOverlap(apps, exports, app, signal);
  if (twice && twice.start < end && start < twice.end) throw new Error(overlapText(app, [signal]));
}
