import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCondition } from '../../../shared/engine/where/parse.ts';
import { columns } from './rows.ts';

const faultOf = (condition: string): string => {
  const parsed = parseCondition(condition, columns);
  return 'fault' in parsed ? parsed.fault : '';
};

const table: readonly (readonly [condition: string, fault: RegExp])[] = [
  // No KQL, or no condition.
  ['', /^it is no expression \(at character 1\)$/],
  ['success and', /^Missing expression \(at character \d+\)$/],
  ['name = 1', /^= gives a name; == compares \(at character 1: name = 1\)$/],
  ["name == 'a' && success", /^it is more than one expression \(at character 13: && success\)$/],
  ["where name == 'a'", /^it is more than one expression \(at character 1: where name == 'a'\)$/],
  ['name is null', /^it is more than one expression \(at character 6: is\)$/],
  ["name like 'x%'", /^conditions know no operator like|Expected|is not defined/],
  ["name == 'a", /^Missing: ' /],
  ['not success', /^The function 'not' requires an argument list/],
  ['duration', /^The expression must have the type bool \(at character 1: duration\)$/],
  ['1', /must have the type bool/],
  ['usr_Id == ""', /^there is no column usr_Id \(at character 1: usr_Id\)$/],
  ['USER_ID == ""', /^there is no column USER_ID; did you mean user_Id\? \(at character 1: USER_ID\)$/],
  ["name == 'x' and _bytes > 1", /^there is no column _bytes \(at character 17: _bytes\)$/],
  ["telemetry.name == 'x'", /no column|no such|members/],
  ["name == 'x' | take 1", /^it is more than one expression \(at character 15: take 1\)$/],
  ["name == 'x' | where success | take 1", /^it is more than one expression/],
  ["name == 'x'; print 1", /^it is more than one expression \(at character 14: print 1\)$/],
  ["name == 'x';", /^it is more than one expression|^it is no expression/],
  ["name == 'x' // ; print 1\n| take 1", /^it is more than one expression \(at character 28: take 1\)$/],
  ['(telemetry | where success)', /bool|expression/],
  ['name == toscalar(telemetry | take 1 | project name)', /^(toscalar\(\) is no function|conditions know no such)/],
  ['name in (telemetry | project name)', /know no such expression|constant/],
  ["* has 'x'", /^conditions know no such expression \(at character 1: \*\)$/],
  // What depends on when, where or by whom it is asked.
  [
    'timestamp > now()',
    /^now\(\) says something else whenever it is asked; write the value out \(at character 13: now\(\)\)$/,
  ],
  ['timestamp > ago(1d)', /^ago\(\) says something else/],
  ['timestamp > datetime()', /^write a time as datetime\(2026-01-31\)/],
  ['timestamp > datetime(now)', /^write a time as/],
  ['timestamp between (ago(1d) .. now())', /^ago\(\) says/],
  ['rand() > 0.5', /^rand\(\) says/],
  ['ingestion_time() > timestamp', /^ingestion_time\(\) says|not allowed|no column/],
  ['current_principal() == name', /^current_principal\(\) says/],
  // What Kusto knows and conditions do not.
  ["strcat(name, 'x') == 'ax'", /^strcat\(\) is no function that conditions know; they know not, isempty, /],
  ["extract('a', 0, name) == 'a'", /^extract\(\) is no function/],
  ['duration * 1ms > 1s', /^conditions know no real \* timespan \(at character 1: duration \* 1ms\)$/],
  ['timestamp - 1 > timestamp', /^conditions know no datetime - long|is not defined/],
  ["name + 'x' == 'ax'", /^The operator '\+' is not defined/],
  ['hourofday(timestamp) > 8', /^hourofday\(\) is no function/],
  ['-duration > 2', /^only a constant may carry a sign/],
  ['case(success, true, false)', /^case\(\) is no function/],
  ['name startswith user_Id', /^the right side of startswith must be a constant text/],
  ['name matches regex user_Id', /^a regular expression must be a constant/],
  ['name in (user_Id)', /^a list holds constants, none of them null \(at character 10: user_Id\)$/],
  ['itemCount in (int(null))', /^a list holds constants/],
  ["name in (dynamic({'a': 1}))", /^conditions know no such expression \(at character 10: dynamic/],
  ["name in (dynamic(['a', 1]))", /^a string and a long are compared; .* \(at character 24: 1\)$/],
  ['isempty(dynamic([1]))', /^conditions know no such expression \(at character 9: dynamic/],
  ['bool(1)', /^write true or false \(at character 1: bool\(1\)\)$/],
  ['customDimensions[name] == ""', /^a member is named by a constant \(at character 18: name\)$/],
  ['count() > 1', /^The aggregate function 'count' is not allowed/],
  ['name == decimal(1)', /^values of type decimal are not known|cannot be compared/],
  ['name == guid(74be27de-1e4e-49d9-b579-fe0b331d3642)', /^values of type guid are not known/],
  ["name == 'it''s'", /^two texts beside each other; a quote within a text is written \\'/],
  // What Kusto compares in ways of its own.
  ["success == 'False'", /^a bool and a text are compared; write true or false without quotes/],
  ['success == 1', /^a bool and a long cannot be compared/],
  ["itemCount == '1'", /^a string and a long are compared; put the string into tolong\(\)/],
  ['customDimensions.n > 5', /^a dynamic and a long are compared; put the dynamic into tolong\(\)/],
  ['customDimensions.n > 5.5', /put the dynamic into todouble\(\)/],
  ['customDimensions.at == timestamp', /put the dynamic into todatetime\(\)/],
  ['customDimensions.f == true', /put the dynamic into tobool\(\)/],
  ['customDimensions.a == customDimensions.b', /put the dynamic into tostring\(\)/],
  ['customDimensions.a between (1 .. 5)', /put the dynamic into tolong\(\)/],
  ["timestamp == '2026-01-01'", /^a string and a datetime are compared; put the string into todatetime\(\)/],
  ["name < 'b'", /^The operator '<' is not defined for the operand types string and string/],
  ['itemCount has "1"', /^The operator 'has' is not defined/],
  // What would say nothing.
  ['isnull(name)', /^a text is never null in KQL; ask isempty\(\) \(at character 1: isnull\(name\)\)$/],
  ['isnotnull(name)', /^a text is never null in KQL; ask isnotempty\(\)/],
  ['tostring(duration) == "1"', /^tostring\(\) takes no real/],
  ['success and itemCount', /bool/],
  ['itemCount == 99999999999999999999', /^it is no number of 64 bits/],
  ['itemCount == int(2147483648)', /^it is no number of 32 bits/],
  ['duration > 1e400', /^it is no number/],
  ['duration > real(nan)', /^it is no number/],
  ['timestamp > datetime(2026-13-01)', /^write a time as/],
  ['timestamp > datetime(2026-02-30)', /^write a time as/],
  ['timestamp > datetime(1/2/2026)', /^write a time as/],
  ["name matches regex '('", /^the regular expression: missing closing \): `\(` \(at character 1: name matches/],
  [
    Array.from({ length: 3000 }, (_, n) => `name == '${n}'`).join(' or '),
    /^it has too many parts; values of one column/,
  ],
  [`${'('.repeat(100_000)}true${')'.repeat(100_000)}`, /^it is nested more than 100 deep$/],
];

for (const [condition, fault] of table) {
  test(`refused: ${condition.slice(0, 60)}`, () => assert.match(faultOf(condition), fault));
}

test('conditions of many parts and long lists are read', () => {
  assert.equal(faultOf(Array.from({ length: 200 }, (_, n) => `name == '${n}'`).join(' or ')), '');
  assert.equal(faultOf(`name in (${Array.from({ length: 2000 }, (_, n) => `'${n}'`).join()})`), '');
  assert.equal(faultOf(`${'('.repeat(90)}success${')'.repeat(90)}`), '');
});
