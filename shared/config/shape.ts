import type { Shaping, Signal } from '../model.ts';
import { columnsOf } from '../signals/columns-of.ts';
import { shapedColumns } from '../signals/shape.ts';
import { type AllShapeSettings, type ShapeSettings, shapesOf } from '../signals/shape-settings.ts';
import { signals } from '../signals/tables.ts';
import { documentSetting, type Env, type SettingFault, settingOf } from './flat.ts';
import { nearestWord } from './near.ts';
import { fault } from './places.ts';
import type { SettingsDocument } from './schema.ts';
import { secret } from './secret.ts';

/** A secret below this length could be guessed with what it has hashed. */
const KEY_LENGTH = 16;

type Of = Signal | '*';

export function shapingOf(settings: AllShapeSettings, env: Env): Shaping {
  const shapes = shapesOf(settings);
  const hashes = Object.values(shapes).some(({ hash }) => hash.length > 0);
  return { signals: shapes, key: hashes ? secret(settingOf(env, 'SHAPE_HASH_KEY') ?? '') : undefined };
}

/**
 * What is wrong with the shapes beyond their single values. `path`: the template of the files' paths; `document`: what
 * holds them.
 */
export function shapeFaults(
  { shape }: SettingsDocument,
  path: string,
  env: Env,
  document = documentSetting,
): SettingFault[] {
  const atDocument = (text: string): SettingFault => ({ setting: document, text: `${document}: ${text}` });
  const parts = (['*', ...signals] as const).flatMap((of) =>
    shape[of] === undefined ? [] : [[of, shape[of]] as const],
  );
  const faults = parts.flatMap(([of, settings]) => [
    ...unknownColumns(of, settings, shape),
    ...contradictions(of, settings),
  ]);
  if (faults.length > 0) return faults.map(atDocument);
  return [...nameFaults(shape, path).map(atDocument), ...keyFaults(parts, env)];
}

const columnNames = (of: Of): string[] =>
  of === '*' ? [...new Set(signals.flatMap(columnNames))] : columnsOf(of).map(({ name }) => name);

function unknownColumns(
  of: Of,
  { drop = [], hash = [], rename = {}, promote = [] }: ShapeSettings,
  all: AllShapeSettings,
): string[] {
  const known = columnNames(of);
  const promoted = [...promote, ...(all['*']?.promote ?? [])].map(({ as }) => as);
  const unknown = (key: string, names: readonly string[], more: readonly string[] = []) =>
    names
      .filter((name) => !known.includes(name) && !more.includes(name))
      .map((name) => {
        const near = nearestWord(name, [...known, ...more]);
        const whose = of === '*' ? 'any signal' : of;
        return (
          `shape.${of}.${key} names ${JSON.stringify(name)}, which is no column of ` +
          `${whose}${near ? `; did you mean ${near}?` : ''}`
        );
      });
  const sources = promote.map(({ from }) => from.slice(0, from.indexOf('.')));
  return [
    ...unknown('drop', drop),
    ...unknown('hash', hash, promoted),
    ...unknown('rename', Object.keys(rename)),
    ...unknown('promote', sources),
  ];
}

function contradictions(of: Of, { drop = [], hash = [], rename = {}, dimensions, extra }: ShapeSettings): string[] {
  const both = drop
    .filter((name) => hash.includes(name))
    .map((name) => `shape.${of} drops and hashes ${name}; keep one`);
  const gone = drop.filter((name) => name in rename).map((name) => `shape.${of} drops and renames ${name}; keep one`);
  const lists = Object.entries({ dimensions, extra })
    .filter(([, list]) => list?.allow !== undefined && list.deny !== undefined)
    .map(([key]) => `shape.${of}.${key} has both allow and deny; keep one`);
  return [...both, ...gone, ...lists];
}

/** Readers compare names without regard to case, and take `key=` in a path for a column. */
function nameFaults(settings: AllShapeSettings, path: string): string[] {
  const inPath = [...path.matchAll(/([^/=]+)=/g)].map(([, key = '']) => key.toLowerCase());
  return Object.entries(shapesOf(settings)).flatMap(([signal, shape]) => {
    const columns = shapedColumns(signal as Signal, shape);
    if (columns.length === 0)
      return [`shape drops every column of ${signal}; leave one, or leave the signal out of SIGNALS`];
    const names = columns.map(({ name }) => name.toLowerCase());
    const given = [...Object.values(shape.rename), ...shape.promote.map(({ as }) => as)];
    return [...new Set(given)].flatMap((name) => {
      const small = name.toLowerCase();
      const count = names.filter((each) => each === small).length;
      if (count > 1)
        return [`shape makes two columns ${JSON.stringify(name)} of ${signal}; rename or promote to another name`];
      return count > 0 && inPath.includes(small)
        ? [
            `shape names a column of ${signal} ${JSON.stringify(name)}, as a folder in the paths of the lake ` +
              `(${small}=…); choose another name`,
          ]
        : [];
    });
  });
}

function keyFaults(parts: readonly (readonly [Of, ShapeSettings])[], env: Env): SettingFault[] {
  const [hashing] = parts.filter(([, { hash = [] }]) => hash.length > 0);
  const key = settingOf(env, 'SHAPE_HASH_KEY');
  if (hashing === undefined || (key !== undefined && key.length >= KEY_LENGTH)) return [];
  const must = `a secret of ${KEY_LENGTH} characters or more, for shape.${hashing[0]}.hash`;
  return [fault('SHAPE_HASH_KEY', must, key === undefined ? 'not set' : `${key.length} characters`)];
}
