import type { SettingFault } from '../../shared/config/flat.ts';
import { fault } from '../../shared/config/places.ts';
import { appNameMust } from '../../shared/config/reader-names.ts';
import { shown } from '../../shared/config/secret.ts';
import { misreadAs } from '../../shared/signals/misread.ts';
import { type Options, textsOf } from '../flags/options.ts';

export interface NamedApps {
  /** The one that is named alone. */
  readonly app: string | undefined;
  /** Export folder → app name. */
  readonly apps: Readonly<Record<string, string>>;
  readonly faults: readonly SettingFault[];
}

const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

/**
 * `--app <name>`, once, and `--app <export folder>=<name>`, for each folder once. Sound only where there are no faults.
 */
export function namedApps(options: Options): NamedApps {
  const given = textsOf(options, 'app').map((text) => {
    // resourceId=/SUBSCRIPTIONS/… has a sign of its own
    const at = text.lastIndexOf('=');
    return at < 0
      ? { folder: undefined, name: text }
      : { folder: text.slice(0, at).trim(), name: text.slice(at + 1).trim() };
  });
  const alone = given.filter(({ folder }) => folder === undefined);
  const folders = given.flatMap(({ folder, name }) => (folder === undefined ? [] : [[folder, name] as const]));
  const wrong = given.filter(({ folder, name }) => !NAME.test(name) || folder === '');
  return {
    app: alone[0]?.name,
    apps: Object.fromEntries(folders),
    faults: [
      ...given
        .filter(({ name }) => misreadAs(name) !== undefined)
        .map(({ name }) => fault('--app', appNameMust(name), shown(name))),
      ...wrong.map(({ name }) => fault('--app', 'a name of small letters, digits and hyphens', shown(name))),
      ...(alone.length > 1
        ? [fault('--app', 'one name, or <export folder>=<name> for each', shown(alone[1]?.name))]
        : []),
    ],
  };
}
