import { fault } from '../../shared/config/places.ts';
import { shown } from '../../shared/config/secret.ts';
import type { TransformRequest } from '../deliver/ports.ts';
import { usage } from '../failure.ts';
import { type Options, textOf } from '../flags/options.ts';
import { destinationOf } from '../request/destination.ts';
import { checked, given, lakeOf, lakeRequest } from '../request/document.ts';
import type { Terminal } from '../terminal/terminal.ts';

export function transformRequest(options: Options, { env }: Terminal): TransformRequest {
  if (options.positionals.length === 0)
    throw usage('transform: no files or folders are given; see insights-lake help transform');
  const lake = destinationOf(textOf(options, 'out'), env);
  const window = textOf(options, 'window');
  const app = textOf(options, 'app');
  const misnamed =
    app === undefined || /^[a-z0-9][a-z0-9-]{0,62}$/.test(app)
      ? []
      : [fault('--app', 'a name of small letters, digits and hyphens', shown(app))];
  const raw = { exports: given({ container: 'archive', window }), lake: lakeOf(options) };
  const settings = checked({ options, env }, raw, misnamed);
  return {
    command: 'transform',
    inputs: options.positionals,
    app,
    window: settings.exports?.window ?? 0,
    ...lakeRequest(settings, lake, env),
  };
}
