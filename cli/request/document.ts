import { faultMessage, issueFaults, withoutFaults } from '../../shared/config/faults.ts';
import { type Env, type Path, pathText, type SettingFault, settingOf } from '../../shared/config/flat.ts';
import { keepsBytes, outputFaults, outputOf } from '../../shared/config/lake.ts';
import { type SettingsDocument, settingsDocument } from '../../shared/config/schema.ts';
import { shapeFaults, shapingOf } from '../../shared/config/shape.ts';
import { isReference } from '../../shared/config/unknown-settings.ts';
import type { Place } from '../../shared/model.ts';
import type { LakeRequest } from '../deliver/ports.ts';
import { usage } from '../failure.ts';
import { isSet, type Options, textOf } from '../flags/options.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { foundSettings } from './settings.ts';
import { shapeFile, shapeFlag } from './shape-file.ts';

/**
 * Flags become the document that the functions' settings are (shared/config/schema.ts), so that both are checked alike
 * and every wrong flag is named at once.
 */

const flagOf: readonly (readonly [path: string, flag: string])[] = [
  ['apps.*.workspaceId', '--workspace'],
  ['apps.*.resourceId', '--workspace'],
  ['apps', '--app'],
  ['signals', '--signals'],
  ['query.from', '--from'],
  ['query.until', '--to'],
  ['query.window', '--window'],
  ['query.retention', '--retention'],
  ['query.plan', '--plan'],
  ['query.cloud', '--cloud'],
  ['query.endpoint', '--endpoint'],
  ['exports.window', '--window'],
  ['exports.dedupe', '--dedupe'],
  ['lake.format', '--format'],
  ['lake.gzip', '--gzip'],
  ['lake.partition', '--partition'],
  ['lake.path', '--path'],
  ['lake.table', '--table'],
];

/** What no flag says comes from the file of --shape. */
export const origin = (path: Path): string => {
  const place = path.map((step) => (typeof step === 'number' ? '*' : step)).join('.');
  return flagOf.find(([of]) => place === of || place.startsWith(`${of}.`))?.[1] ?? `${shapeFlag}: ${pathText(path)}`;
};

/** The flags of a command, and where secrets come from. */
export interface Asked {
  readonly options: Options;
  readonly env: Env;
}

/**
 * The document that the flags (`raw`) and the file of --shape make. `more`: faults of flags that are no part of it;
 * `faultsOf`: of the whole. Throws Failure that names every fault.
 */
export function checked(
  { options, env }: Asked,
  raw: object,
  more: readonly SettingFault[] = [],
  faultsOf: (settings: SettingsDocument) => readonly SettingFault[] = () => [],
): SettingsDocument {
  const file = shapeFile(options);
  const whole = { ...file.parts, ...raw };
  const parsed = settingsDocument.safeParse(whole);
  const issues = parsed.error?.issues ?? [];
  const rest = parsed.data ?? settingsDocument.safeParse(withoutFaults(whole, issues)).data;
  const faults = [
    ...more,
    ...file.faults,
    ...issues.flatMap((issue) => issueFaults(issue, whole, origin)),
    ...(rest ? [...shapeFaults(rest, outputOf(rest.lake).path, env, shapeFlag), ...keyReference(rest, env)] : []),
    ...(parsed.data ? [...outputFaults(parsed.data.lake, origin), ...faultsOf(parsed.data)] : []),
  ];
  if (faults.length > 0) throw usage(faultMessage(options.command, faults));
  if (!parsed.data)
    throw usage(`${options.command}: the flags cannot be read; see insights-lake help ${options.command}`);
  return parsed.data;
}

/** A key that was copied from the settings of the app may be no key, but where one lies. */
function keyReference({ shape }: SettingsDocument, env: Env): SettingFault[] {
  if (!isReference(settingOf(env, 'SHAPE_HASH_KEY')) || shapingOf(shape, env).key === undefined) return [];
  const text = 'SHAPE_HASH_KEY is a reference, which only the app can follow; set the secret itself';
  return [{ setting: 'SHAPE_HASH_KEY', text }];
}

export function lakeRequest(settings: SettingsDocument, lake: Place, env: Env): LakeRequest {
  const shape = shapingOf(settings.shape, env);
  const dedupe = settings.exports?.dedupe ?? 'id';
  return { lake, output: outputOf(settings.lake), shape, keepBytes: keepsBytes(settings.quarantine, shape), dedupe };
}

/** The settings of the app whose lake it is, where they are given. */
export function appSettings(options: Options, terminal: Terminal): Pick<LakeRequest, 'settings'> {
  const file = textOf(options, 'settings');
  return file === undefined ? {} : { settings: foundSettings(options.command, file, terminal).env };
}

/** Undefined values are left out: the schema tells what is missing from what is wrong. */
export const given = (values: Record<string, unknown>): object =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));

export const lakeOf = (options: Options): object =>
  given({
    format: textOf(options, 'format'),
    gzip: isSet(options, 'gzip'),
    partition: textOf(options, 'partition'),
    path: textOf(options, 'path'),
    table: textOf(options, 'table'),
  });
