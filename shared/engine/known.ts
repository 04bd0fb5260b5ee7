import { named, quote } from './sql.ts';

/**
 * How a known field is read: `text` as json_extract_string gives it; `json` as JSON, because it goes on to `extra`; `list` as the JSON
 * of each value of an array.
 */
export type Reading = 'text' | 'json' | 'list';

export interface KnownField {
  /** Dotted. */
  readonly path: string;
  readonly as: Reading;
  /** Whether it belongs into `extra`. */
  readonly left: boolean;
}

/**
 * The known fields of an object, all read by one pass over its JSON, as SQL. `name` is the column that holds them; of those in `read` the
 * text is wanted.
 *
 * The pass is silent about anything else in the object. What it missed shows in two counts over the text: every key of the object must be
 * one that was read (so none is unknown, none stands twice and none is null), and every object must stand where one is expected.
 */
export interface KnownFields {
  /** A column for each field and each object on the way to one. */
  readonly columns: Readonly<Record<string, string>>;
  /** And one for the text of each field that `textOf` may be asked for, made of these. */
  readonly texts: Readonly<Record<string, string>>;
  /** What from_json is to read. */
  readonly structure: string;
  /** The text of a field that is read, as json_extract_string would give it. */
  textOf(path: string): string;
  /** The column of a field. */
  at(path: string): string;
  /** How many keys are accounted for; how many of them have an object behind them. */
  readonly keys: string;
  readonly objects: string;
  /** A JSON object of the fields that belong into `extra`. */
  readonly left: string;
}

const TEXTS: Readonly<Record<Exclude<Reading, 'text'>, (value: string) => string>> = {
  json: (value) => `text_of(${value}::VARCHAR)`,
  list: (value) => `'[' || array_to_string(${value}, ',') || ']'`,
};

interface Field {
  readonly field: KnownField | undefined;
  readonly inside: Map<string, Field>;
}

export function knownFields(name: string, fields: readonly KnownField[], read: readonly string[]): KnownFields {
  const tree = treeOf(fields);
  const all = [...places(tree, '')];
  const paths = all.map(({ path }) => path);
  const place = (path: string) => `${name}${paths.indexOf(path)}`;
  const asOf = new Map(fields.map(({ path, as }) => [path, as]));
  const count = (conditions: readonly string[]) =>
    conditions.map((condition) => `(${condition})::INTEGER`).join(' + ') || '0';
  const lists = all.flatMap(({ path, field }) => (field?.as === 'list' ? [`array_to_string(${place(path)}, '')`] : []));
  const inLists = lists.length === 0 ? () => '' : (counter: string) => ` + ${counter}(concat(${lists.join(', ')}))`;
  return {
    structure: quote(JSON.stringify(structureOf(tree))),
    textOf: (path) => (asOf.get(path) === 'text' ? place(path) : `${place(path)}t`),
    at: place,
    keys: count(all.map(({ path }) => `${place(path)} IS NOT NULL`)) + inLists('keys_in'),
    objects:
      count(all.flatMap(({ path, field }) => (field === undefined ? [`${place(path)} IS NOT NULL`] : []))) +
      inLists('objects_within'),
    columns: Object.fromEntries(paths.map((path) => [place(path), [name, ...path.split('.').map(named)].join('.')])),
    texts: Object.fromEntries(
      fields.flatMap(({ path, as }) =>
        as !== 'text' && read.includes(path) ? [[`${place(path)}t`, TEXTS[as](place(path))]] : [],
      ),
    ),
    left: `'{' || ${membersOf(tree, '', place)} || '}'`,
  };
}

function treeOf(fields: readonly KnownField[]): Map<string, Field> {
  const root = new Map<string, Field>();
  // Where a field is known to be an object, what stands in its place otherwise is not known.
  const outer = fields.filter(({ path }) => !fields.some((other) => other.path.startsWith(`${path}.`)));
  for (const field of outer) {
    const steps = field.path.split('.');
    let level = root;
    for (const step of steps.slice(0, -1)) {
      const next = level.get(step) ?? { field: undefined, inside: new Map<string, Field>() };
      level.set(step, next);
      level = next.inside;
    }
    level.set(steps.at(-1) ?? '', { field, inside: new Map() });
  }
  return root;
}

function* places(
  tree: Map<string, Field>,
  prefix: string,
): Generator<{ readonly path: string; readonly field: KnownField | undefined }> {
  for (const [key, { field, inside }] of tree) {
    yield { path: `${prefix}${key}`, field };
    yield* places(inside, `${prefix}${key}.`);
  }
}

const TYPES: Readonly<Record<Reading, unknown>> = { text: 'VARCHAR', json: 'JSON', list: ['JSON'] };

const structureOf = (tree: Map<string, Field>): object =>
  Object.fromEntries(
    [...tree].map(([key, { field, inside }]) => [key, field === undefined ? structureOf(inside) : TYPES[field.as]]),
  );

/** The members that belong into `extra`, joined by commas. */
function membersOf(tree: Map<string, Field>, prefix: string, place: (path: string) => string): string {
  const members = [...tree].flatMap(([key, { field, inside }]) => {
    const [at, start] = [place(`${prefix}${key}`), `${JSON.stringify(key)}:`];
    if (field === undefined) {
      const below = membersOf(inside, `${prefix}${key}.`, place);
      return below === "''" ? [] : [`${quote(`${start}{`)} || nullif(${below}, '') || '}'`];
    }
    if (!field.left) return [];
    if (field.as === 'list') return [`${quote(`${start}[`)} || nullif(array_to_string(${at}, ','), '') || ']'`];
    return [`${quote(start)} || ${at}::VARCHAR`];
  });
  return members.length === 0 ? "''" : `concat_ws(',', ${members.join(',\n  ')})`;
}
