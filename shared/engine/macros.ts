import { durationBuckets } from '../signals/buckets.ts';
import { counterNames } from '../signals/counters.ts';
import { quote } from './sql.ts';

/** What is taken for nothing when it stands where a value is expected. */
const EMPTY = "('', '{}', '[]')";

const EMPTY_VALUE = String.raw`\{\}|\[\]`;
/** A member whose value is empty, or an object of one such member. Safe without knowing where strings start: see `pruned`. */
const EMPTY_MEMBER = String.raw`"[\w.$# -]+":(?:${EMPTY_VALUE}|\{"[\w.$# -]+":(?:${EMPTY_VALUE})\})`;

const choose = (value: string, cases: readonly (readonly [when: string, then: string])[], otherwise: string): string =>
  `CASE ${value} ${cases.map(([when, then]) => `WHEN ${quote(when)} THEN ${then}`).join(' ')} ELSE ${otherwise} END`;

const bucketCases = durationBuckets
  .map(([name, below]) => (Number.isFinite(below) ? `WHEN ms < ${below} THEN ${quote(name)}` : `ELSE ${quote(name)}`))
  .join(' ');

const counterCases = Object.entries(counterNames).map(([key, name]) => [key, quote(name)] as const);

/**
 * Small functions of SQL that the generated statements are made of. `v` is text as json_extract_string gives it, or NULL. A macro is
 * expanded as text: its arguments are to be columns, not expressions, or these are worked out as often as the macro names them.
 */
export const macros: readonly string[] = [
  // An empty object or array stands for a missing string, but the string '{}' is a string. The inner CASE runs for these rows alone.
  `as_string(v, doc, path) AS CASE WHEN v IN ('{}', '[]') THEN CASE WHEN json_type(doc, path) = 'VARCHAR' THEN v END ELSE v END`,
  // The casts also take 1_000, 0x1F, 'epoch' and 2.5 as an integer: what a cast would change is no value of its type.
  `as_real(v) AS CASE WHEN NOT contains(v, '_') THEN TRY_CAST(v AS DOUBLE) END`,
  `as_integer(v) AS CASE WHEN as_real(v) = TRY_CAST(v AS INTEGER) THEN TRY_CAST(v AS INTEGER) END`,
  `as_long(v) AS CASE WHEN regexp_full_match(v, '-?[0-9]+') THEN TRY_CAST(v AS BIGINT) END`,
  `as_boolean(v) AS ${choose(
    'lower(v)',
    [
      ['true', 'true'],
      ['1', 'true'],
      ['false', 'false'],
      ['0', 'false'],
    ],
    'NULL',
  )}`,
  // Text to timestamp cuts the seventh digit off, where arithmetic on doubles could round into the next hour.
  `as_timestamp(v) AS CASE WHEN substr(v, 1, 1) BETWEEN '0' AND '9' THEN TRY_CAST(v AS TIMESTAMPTZ) END`,
  // JSON text or plain text alike: text that is no JSON stays as a JSON string.
  `as_dynamic(v) AS CASE WHEN v = '' OR v = 'null' THEN NULL WHEN json_valid(v) AND NOT regexp_matches(v, '^-?[nNiI]') THEN json(v)::VARCHAR
     ELSE to_json(v)::VARCHAR END`,
  `as_severity(v) AS CASE lower(v) WHEN 'verbose' THEN 0 WHEN 'information' THEN 1 WHEN 'informational' THEN 1
     WHEN 'warning' THEN 2 WHEN 'error' THEN 3 WHEN 'critical' THEN 4 ELSE as_integer(v) END`,
  `as_passed(v) AS CASE lower(v) WHEN 'pass' THEN true WHEN 'fail' THEN false ELSE as_boolean(v) END`,
  // The sum over the items that a sampled record stands for, as one item's share. A record without a count stands for itself.
  `as_share(v, n) AS as_real(v) / CASE WHEN as_real(n) > 0 THEN as_real(n) ELSE 1 END`,
  `as_ticks(v, n) AS as_share(v, n) / 10000`,
  // Traces and timings carry no count; a record of which one in four was kept stands for four.
  `as_items(n, rate) AS CASE WHEN n IS NOT NULL AND n NOT IN ${EMPTY} THEN as_integer(n)
     WHEN as_real(rate) > 0 THEN TRY_CAST(round(100 / as_real(rate)) AS INTEGER) END`,
  `as_bucket(ms) AS CASE WHEN ms IS NULL THEN NULL ${bucketCases} END`,
  `counter_name(k) AS ${choose('k', counterCases, 'k')}`,
  `misfit(v, value) AS value IS NULL AND v NOT IN ${EMPTY}`,

  // Members of an object as a list of {k, v}, and back.
  `members(o) AS list_transform(list_zip(json_keys(o), json_extract(o, '$.*')), m -> {'k': m[1], 'v': m[2]::VARCHAR})`,
  `object_of(ms) AS '{' || array_to_string(list_transform(ms, m -> to_json(m.k)::VARCHAR || ':' || m.v), ',') || '}'`,
  // Of members with the same key the last. `ks` are the keys of `o`.
  `last_members(o, ks) AS list_filter(members(o), (m, i) -> list_position(list_reverse(ks), m.k) = len(ks) - i + 1)`,
  `repeats(ks) AS len(ks) <> list_unique(ks)`,
  `objects_in(a) AS CASE WHEN starts_with(a, '{') THEN [a::JSON] ELSE list_filter(json_extract(a, '$[*]'), o -> starts_with(o, '{')) END`,
  `objects_of(os) AS list_filter(os, o -> starts_with(o, '{'))`,
  // The members of all objects of a list as one object: cheap, but a repeated key stands in it twice.
  `strung(os) AS CASE WHEN len(os) = 1 THEN os[1]::VARCHAR
     WHEN len(os) > 1 THEN '{' || array_to_string(list_transform(list_filter(os, o -> o <> '{}'), o -> o[2:-2]), ',') || '}' END`,
  `as_dimensions(o, ks) AS CASE WHEN repeats(ks) THEN object_of(last_members(o, ks)) ELSE nullif(o, '{}') END`,
  `measured(v) AS CASE WHEN NOT starts_with(v, '{') THEN v
     WHEN coalesce(as_real(json_extract_string(v, '$.count')), 0) IN (0, 1) THEN json_extract(v, '$.value')::VARCHAR
     WHEN isfinite(as_share(json_extract_string(v, '$.value'), json_extract_string(v, '$.count')))
       THEN to_json(as_share(json_extract_string(v, '$.value'), json_extract_string(v, '$.count')))::VARCHAR
     ELSE json_extract(v, '$.value')::VARCHAR END`,
  `as_measurements(o, ks) AS nullif(object_of(list_transform(last_members(o, ks), m -> {'k': m.k, 'v': coalesce(measured(m.v), 'null')})), '{}')`,

  // Text of a JSON value.
  `text_of(j) AS CASE WHEN starts_with(j, '"') THEN json_extract_string(j, '$') ELSE j END`,
  // Keys in compact JSON text, and those with an object behind them: a key is what ends in a quote before a colon. Within a string there is
  // a backslash before such a quote; where two are before it, or a blank is before a colon, it takes a reader to tell.
  `keys_in(j) AS len(string_split(j, '":')) - CASE WHEN contains(j, '\\":') THEN len(string_split(j, '\\":')) ELSE 1 END`,
  `objects_within(j) AS len(string_split(j, '":{')) - CASE WHEN contains(j, '\\":{') THEN len(string_split(j, '\\":{')) ELSE 1 END`,
  `countable(j) AS NOT contains(j, '\\\\":') AND
     CASE WHEN contains(j, ' :') OR contains(j, chr(9) || ':') OR contains(j, chr(13) || ':') THEN NOT regexp_matches(j, '"\\s+:') ELSE true END`,

  // Whether an object of the list has a key twice: then only the first value would have been seen.
  `any_repeats(keys) AS coalesce(list_bool_or(list_transform(keys, k -> repeats(k))), false)`,
  // Whether something else stands where an object is expected: a merge patch would put an object in its place.
  `any_other(types) AS len(list_filter(types, t -> t <> 'OBJECT' AND t <> 'NULL')) > 0`,
  `any_scalar(types) AS len(list_filter(types, t -> t NOT IN ('ARRAY', 'OBJECT', 'NULL'))) > 0`,

  // Takes out empty members. A quote that follows { or , and is followed by these letters alone can only open a key: a quote that ends a
  // string is followed by one of , : ] }, and one inside of a string by none of both without a backslash before it.
  `prune_once(x) AS regexp_replace(regexp_replace(x, ',${EMPTY_MEMBER}', '', 'g'), '\\{${EMPTY_MEMBER},?', '{', 'g')`,
  `pruned(x) AS CASE WHEN contains(x, ':{}') OR contains(x, ':[]') THEN prune_once(x) ELSE x END`,
  // What is left of root and element, under the key of the element.
  `joined(key, el, root) AS CASE WHEN el = '{}' THEN root
     WHEN root = '{}' THEN '{' || key || ':' || el || '}' ELSE '{' || key || ':' || el || ',' || substr(root, 2) END`,
];
