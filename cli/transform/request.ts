import { join } from 'node:path';
import type { TransformRequest } from '../deliver/ports.ts';
import { usage } from '../failure.ts';
import { isSet, type Options, textOf } from '../flags/options.ts';
import { destinationOf } from '../request/destination.ts';
import { appSettings, checked, given, lakeOf, lakeRequest } from '../request/document.ts';
import { namedApps } from '../request/named-apps.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { folderAt, lakeFolder } from './archive.ts';
import { isLakeOrEmpty } from './walk.ts';

export function transformRequest(options: Options, terminal: Terminal): TransformRequest {
  const { env } = terminal;
  if (options.positionals.length === 0)
    throw usage('transform: no files or folders are given; see insights-lake help transform');
  const lake = destinationOf(textOf(options, 'out'), env);
  const window = textOf(options, 'window');
  const folder = lakeFolder({ lake });
  const same = options.positionals.filter((input) => folder !== undefined && folderAt(input) === folder);
  // Beside others a lake is left out: the second time, a shell's * names it as well.
  if (same[0] !== undefined && (same.length === options.positionals.length || !isLakeOrEmpty(same[0])))
    throw usage(
      `transform: --out is ${same[0]} itself, which is read; name a folder of its own, such as ` +
        join(same[0], 'lake'),
    );
  const { app, apps, faults } = namedApps(options);
  const raw = {
    exports: given({ container: 'archive', window, dedupe: textOf(options, 'dedupe') }),
    lake: lakeOf(options),
  };
  const settings = checked({ options, env }, raw, faults);
  return {
    command: 'transform',
    inputs: options.positionals,
    app,
    apps,
    replace: isSet(options, 'replace'),
    window: settings.exports?.window ?? 0,
    ...lakeRequest(settings, lake, env),
    ...appSettings(options, terminal),
  };
}
