import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEngine, engineDefaults } from '../../shared/engine/engine.ts';
import { shapesOf } from '../../shared/signals/shape-settings.ts';
import { parquetOutput } from './chunks.ts';

const check = async (where: string, of: '*' | 'requests' = 'requests'): Promise<string> => {
  const shaping = { signals: shapesOf({ [of]: { where } }), key: undefined };
  return (await createEngine({ ...engineDefaults, output: parquetOutput, shaping }).conditionFaults()).join('\n');
};

const accepted = [
  'success',
  'not success and duration > 1.5',
  "resultCode <> '404' -- not found",
  "resultCode in ('200', '201') or url like 'https://%'",
  'SUCCESS is null or "operation_Name" is not null',
  "coalesce(user_Id, '') <> '' and length(trim(name)) between 1 and 100",
  "regexp_matches(url, '^https') and split_part(url, '/', 3) = 'shop'",
  "customDimensions->>'$.tenant' = 'a' or json_extract_string(customDimensions, '$.x') is null",
  'case when itemCount > 1 then success else true end',
  "try_cast(resultCode as integer) >= 400 and timestamp >= timestamptz '2026-01-01'",
  '/* all */ true',
  'true) or (true',
  "name <> 'now' and resultCode not in ('today', 'tomorrow')",
  "timestamp < 'infinity' and timestamp >= 'epoch' and timestamp::date <> date '2026-02-28'",
  "timezone('Europe/Berlin', timestamp) >= timestamp '2026-01-01 00:00' or dayofweek(timestamp) in (0, 6)",
  "age(timestamp, timestamptz '2026-01-01') > interval 1 day",
  "list_contains(string_split(name, ' '), 'GET') and name collate nocase <> 'x' and name not like '50$%' escape '$'",
];

for (const where of accepted) test(`a condition: ${where}`, async () => assert.equal(await check(where), ''));

const refused: readonly (readonly [where: string, words: RegExp])[] = [
  ['success and', /syntax error/],
  ['success = "tru"', /there is no column tru/],
  ['usr_Id is null', /there is no column usr_Id/],
  ['_bytes > 1', /there is no column _bytes/],
  ['rowid > 1', /there is no column rowid/],
  ['requests.success', /there is no column requests\.success/],
  ['current_timestamp > timestamp', /there is no column current_timestamp|get_current_timestamp is no function/],
  ['duration', /it is of type DOUBLE/],
  ['1', /it is of type INTEGER/],
  ['name > 1 and name = [1]', /Binder|Cannot|compare/i],
  // What depends on when or where it is asked.
  ["timestamp > 'now'", /invalid timestamp field format: "now"/],
  ["timestamp > 'now'::timestamp", /'now' is no constant time; write it out/],
  ["timestamp > CAST('NOW' AS timestamptz)", /'NOW' is no constant time/],
  ["timestamp >= date 'today' - 1", /'today' is no constant time/],
  ["timestamp > try_cast(' tomorrow ' as date)", /' tomorrow ' is no constant time/],
  ["case when success then timestamp > 'yesterday'::timestamp else true end", /'yesterday' is no constant time/],
  ["timestamp between 'yesterday' and 'today'", /"yesterday"/],
  ["list_contains(['now']::timestamp[], timestamp)", /"now"/],
  ['timestamp > today()', /today is no function/],
  ['timestamp > current_date', /there is no column current_date/],
  ['timestamp > localtimestamp', /there is no column localtimestamp/],
  ['timestamp > current_localtimestamp()', /current_localtimestamp is no function/],
  ['timestamp > transaction_timestamp()', /transaction_timestamp is no function/],
  ['get_current_time() is null', /get_current_time is no function/],
  ['AGE(timestamp) < interval 30 days', /age of one time counts from today; give it both/],
  ['uuid() is not null', /uuid is no function/],
  ['uuidv7() is not null', /uuidv7 is no function/],
  ['system.main.random() > 0.5', /random is no function/],
  ["{'a': random()}.a > 0.5", /random is no function/],
  ['list_sum([duration, random()]) > 1', /random is no function/],
  ["nextval('x') > 1", /nextval is no function/],
  ['txid_current() > 1', /txid_current is no function/],
  ['current_user = name', /there is no column current_user/],
  ["version() = 'x'", /version is no function/],
  ["vector_type(name) = 'FLAT_VECTOR'", /vector_type is no function/],
  ["list_aggregate([duration], 'reservoir_quantile', 0.5) > 1", /list_aggregate is no function/],
  ["write_log('x') is null", /write_log is no function/],
  ['sleep_ms(1) is null', /sleep_ms is no function/],
  // What reads anything but the row.
  ["name in (values ('x'))", /subquery is not allowed/],
  ["name = any(['x'])", /subquery is not allowed/],
  ['(select true)', /subquery is not allowed/],
  ["read_text('/etc/passwd') is null", /read_text is no function/],
  ["glob('*') is null", /glob is no function/],
  ["query('select 1') is null", /query is no function/],
  ["file_exists('/etc/passwd')", /file_exists is no function/],
  // What fails on every row.
  ["regexp_matches(name, '(')", /missing \)/],
  ["cast('x' as integer) = 1", /Could not convert string 'x' to INT32/],
  ['exists (select 1)', /subquery is not allowed/],
  ["name in (select content from read_text('/etc/passwd'))", /subquery is not allowed/],
  ["name = (from read_csv('x'))", /subquery is not allowed/],
  ['count(*) > 1', /count_star is no function/],
  ['row_number() over () > 1', /window is not allowed/],
  ['random() > 0.5', /random is no function/],
  ['now() > timestamp', /now is no function/],
  ["current_setting('memory_limit') = ''", /current_setting is no function/],
  ["getvariable('x') = name", /getvariable is no function/],
  ['error(user_Id) is null', /error is no function/],
  ["keyed(user_Id) = 'x'", /keyed is no function/],
  ["getenv('PATH') = name", /getenv is no function/],
  ['nonsense(name)', /nonsense is no function/],
  ['list_filter([name], x -> true) = []', /no function|lambda is not allowed|no column/],
  ['true), (true', /more than one expression/],
  ["true) from read_text('/etc/passwd') where (true", /more than one expression|syntax error/],
  ['true); delete from x; select (true', /SELECT|more than one/],
  ['true /*', /syntax error|unterminated/],
  ['*', /not allowed|syntax|more than one/],
  ['name = ?', /not allowed/],
  ['name = $x', /not allowed/],
];

for (const [where, words] of refused) {
  test(`refused: ${where}`, async () => {
    const message = await check(where);
    assert.match(message, words);
    assert.ok(message.startsWith('shape.requests.where must be a condition'), message);
    assert.ok(message.includes(JSON.stringify(where)), message);
  });
}

test('a condition for all signals must hold for each: what one of them lacks is named', async () => {
  assert.equal(await check("user_Id <> ''", '*'), '');
  assert.match(
    await check('success', '*'),
    /shape\.\*\.where must be a condition on the columns of exceptions: there is no column success/,
  );
});
