import type { Signal } from '../model.ts';

/**
 * The rows of a classic record as a list of JSON objects ("elements"), from the column `_array` of the objects in its array, and `_mets` of
 * those under its metrics. Mostly the elements as they are; where a row is something else, what the engine adds lies under `#`, a key that
 * no record has.
 */
export const rowsOf = (signal: Signal): string => ROWS[signal] ?? '_array';

const ROWS: Partial<Record<Signal, string>> = {
  exceptions: 'exceptions_of(_array)',
  customMetrics: "list_concat(metrics_of(_mets), named_metrics(list_filter(_array, e -> e <> '{}')))",
  performanceCounters: 'flatten(list_transform(_array, e -> counters_of(e)))',
};

/** Macros of their own, so that the statements stay readable. */
export const shapeMacros: readonly string[] = [
  `with_hash(e, more) AS json_merge_patch(e, ('{"#":' || more || '}')::JSON)`,

  // Exceptions: the first element represents the record, the chain (count 0) that follows it belongs to its row. Where there are several
  // representatives, each takes the elements behind it.
  `represents(e) AS json_extract_string(e, '$.id') = 'Representative' OR coalesce(as_real(json_extract_string(e, '$.count')), 0) > 0`,
  `heads(es) AS list_filter(range(1, len(es) + 1), i -> i = 1 OR represents(es[i]))`,
  // As in the query table: type for exceptionType. All other fields stay.
  `chained(e) AS json_merge_patch(json_merge_patch(e, '{"exceptionType":null}'),
     json_merge_patch('{}', json_object('type', coalesce(nullif(json_extract_string(e, '$.exceptionType'), ''), nullif(json_extract_string(e, '$.typeName'), '')))))`,
  // A representative that carries a stack is a link of its own chain.
  `own_link(e) AS json_merge_patch('{}', json_object('id', json_extract(e, '$.id'), 'outerId', json_extract(e, '$.outerId'), 'message', json_extract(e, '$.message'),
     'type', coalesce(nullif(json_extract_string(e, '$.exceptionType'), ''), json_extract_string(e, '$.typeName')), 'parsedStack', json_extract(e, '$.parsedStack')))`,
  `links_of(e, chain) AS list_concat(CASE WHEN json_array_length(e, '$.parsedStack') > 0 THEN [own_link(e)] ELSE [] END,
     list_transform(chain, c -> chained(c)))`,
  `exception_of(e, chain) AS CASE WHEN len(links_of(e, chain)) = 0 THEN e ELSE
     with_hash(CASE WHEN json_array_length(e, '$.parsedStack') > 0 THEN json_merge_patch(e, '{"parsedStack":null}') ELSE e END,
       '{"details":[' || array_to_string(links_of(e, chain), ',') || ']}') END`,
  `exceptions_of(es) AS list_transform(heads(es), (h, n) ->
     exception_of(es[h], es[h + 1 : coalesce(heads(es)[n + 1], len(es) + 1) - 1]))`,

  // Metrics: each named value under context.custom.metrics, and each element that carries one itself.
  `metrics_of(os) AS coalesce(flatten(list_transform(os, o -> list_transform(members(o), m ->
     with_hash(CASE WHEN starts_with(m.v, '{') THEN m.v ELSE '{"value":' || m.v || '}' END, json_object('name', m.k)::VARCHAR)))), [])`,
  `named_metrics(es) AS list_transform(es, e -> with_hash(json_merge_patch(e, '{"name":null}'), json_object('name', json_extract(e, '$.name'))::VARCHAR))`,

  // Counters: beside categoryName and instanceName one key per counter, its value an object with a value.
  `is_counter(v) AS starts_with(v, '{') AND json_exists(v, '$.value')`,
  `counter_of(base, m) AS with_hash(json_merge_patch(base, object_of([{'k': m.k, 'v': json_merge_patch(m.v, '{"value":null}')::VARCHAR}])::JSON),
     json_object('counter', counter_name(m.k), 'value', json_extract(m.v, '$.value'))::VARCHAR)`,
  `counters_of(e) AS CASE WHEN len(list_filter(members(e), m -> is_counter(m.v))) = 0 THEN [e] ELSE
     list_transform(list_filter(members(e), m -> is_counter(m.v)), m ->
       counter_of(object_of(list_filter(members(e), n -> NOT is_counter(n.v)))::JSON, m)) END`,
];
