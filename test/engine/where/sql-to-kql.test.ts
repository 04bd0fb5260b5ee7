import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCondition } from '../../../shared/engine/where/parse.ts';
import { kqlOfSql } from '../../../shared/engine/where/sql-to-kql.ts';
import { columns } from './rows.ts';

const table: readonly (readonly [sql: string, kql: string | undefined])[] = [
  ["name = '' or user_Id is null", "name == '' or isempty(user_Id)"],
  ["name <> 'it''s'", "name != 'it\\'s'"],
  ['not success and duration > 1.5 -- slow', 'not(success) and duration > 1.5'],
  ["name in ('a', 'b') and name not in ('c')", "name in ('a', 'b') and name !in ('c')"],
  ['itemCount between 1 and 3', 'itemCount between (1 .. 3)'],
  ['itemCount not between 1 and 3', 'itemCount !between (1 .. 3)'],
  ["name like 'GET%'", "name startswith_cs 'GET'"],
  ["name not like '%health%'", "name !contains_cs 'health'"],
  ["name ilike '%probe'", "name endswith 'probe'"],
  ["name like 'a'", "name == 'a'"],
  ["name ilike 'a'", "name =~ 'a'"],
  ["name like 'a_c%.d'", "name matches regex '^(?s)a.c.*\\\\.d$'"],
  ['SUCCESS is null or "name" is not null', 'isnull(success) or isnotempty(name)'],
  ["customDimensions->>'$.tenant' = 'a'", "customDimensions.tenant == 'a'"],
  ["customDimensions->>'$.\"tenant id\"' = 'a'", "customDimensions['tenant id'] == 'a'"],
  ["json_extract_string(customDimensions, '$.a.b') is null", 'isempty(customDimensions.a.b)'],
  ['try_cast(name as integer) >= 400', 'toint(name) >= 400'],
  ['name::double > 1', 'todouble(name) > 1'],
  ["timestamp >= timestamptz '2026-01-31'", 'timestamp >= datetime(2026-01-31)'],
  ["timestamp >= '2026-01-31 06:00'", 'timestamp >= datetime(2026-01-31 06:00)'],
  ["timestamp < date '2026-01-31'", 'timestamp < datetime(2026-01-31)'],
  ["coalesce(user_Id, '') <> ''", "user_Id != ''"],
  ["length(name) > 1 and lower(name) = 'a'", "strlen(name) > 1 and tolower(name) == 'a'"],
  ["regexp_matches(name, '^https')", "name matches regex '^https'"],
  ["(name = 'a' or success) and itemCount = -1", "(name == 'a' or success) and itemCount == -1"],
  ["name is distinct from 'x'", "name != 'x'"],
  ["name = 'a\\b'", "name == 'a\\\\b'"],
  // More than is known: nothing is shown.
  ['case when success then true else false end', undefined],
  ["split_part(name, '/', 3) = 'x'", undefined],
  ["name = 'a' and", undefined],
  ['name = $1', undefined],
  ["nothing = 'a'", undefined],
  ['success)', undefined],
  ['', undefined],
];

for (const [sql, kql] of table) {
  test(`SQL: ${sql}`, () => {
    assert.equal(kqlOfSql(sql, columns), kql);
    if (kql !== undefined) assert.equal('fault' in parseCondition(kql, columns), false);
  });
}
