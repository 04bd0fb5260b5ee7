import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseKql } from '../../local/simulator/kql.ts';
import { timeOfLiteral } from '../../local/simulator/time-literal.ts';
import { SIGNALS, WORKSPACE_TABLES } from '../../local/telemetry/tables.ts';

const [A, B] = ['2026-11-21T03:00:00.0000001Z', '2026-11-21T04:00:00.0000000Z'];
const TIME = `| where timestamp >= datetime(${A}) and timestamp < datetime(${B})`;
const GENERATED = TIME.replaceAll('timestamp', 'TimeGenerated');
const HASH = '| where hash(iff(isempty(itemId), tostring(pack_all()), itemId), 4) == 1';
const RANGE = { start: A, end: B };

describe('KQL that we send', () => {
  for (const signal of SIGNALS) {
    it(`is understood without a diagnostic: ${signal}`, () => {
      const workspace = WORKSPACE_TABLES[signal];
      const app = { signal, schema: 'app', ...RANGE };
      const other = { signal, schema: 'workspace', ...RANGE };
      const table: readonly (readonly [string, object])[] = [
        [`${signal}\n${TIME}`, app],
        [`${signal}\n${TIME}\n${HASH}`, { ...app, hash: { parts: 4, part: 1 } }],
        [`${signal} ${TIME} | summarize rows = count()`, { ...app, count: true }],
        [`${workspace}\n${GENERATED}\n| extend itemId = _ItemId`, { ...other, itemId: true }],
        [
          `${workspace}\n${GENERATED}\n| where _ResourceId =~ '/s/A'\n| extend itemId = _ItemId`,
          { ...other, resourceId: '/s/A', itemId: true },
        ],
        [
          `${workspace}\n${GENERATED}\n| extend itemId = _ItemId\n${HASH}`,
          { ...other, itemId: true, hash: { parts: 4, part: 1 } },
        ],
        [
          `${workspace}\n${GENERATED}\n| where _ResourceId =~ '/s'\n| summarize rows = count()`,
          { ...other, resourceId: '/s', count: true },
        ],
      ];
      for (const [text, query] of table) assert.deepEqual(parseKql(text), { diagnostics: [], query }, text);
    });
  }
});

describe('KQL that is valid, but that we do not send', () => {
  const table = [
    'requests',
    '',
    `requests | take 5`,
    `requests | where timestamp between (datetime(${A}) .. datetime(${B}))`,
    `requests\n${TIME.replace('<', '<=')}`,
    `requests\n${TIME.replace('>=', '>')}`,
    `requests\n${TIME.replace(' and ', ' or ')}`,
    `requests\n${TIME}\n${TIME}`,
    `requests\n${HASH}\n${TIME}`,
    `requests\n${TIME}\n${HASH.replace('itemId), 4', 'id), 4')}`,
    `requests\n${TIME}\n| summarize rows = count() by name`,
    `requests\n${TIME.replace(A, 'now')}`.replace('datetime(now)', 'now()'),
    `AppRequests\n${GENERATED}\n| where _ResourceId == '/s/A'`,
    `let x = 1; requests\n${TIME}`,
  ];
  for (const text of table) it(JSON.stringify(text), () => assert.deepEqual(parseKql(text), { diagnostics: [] }));
});

describe('bad KQL', () => {
  const table: readonly (readonly [string, 'SyntaxError' | 'SemanticError', number])[] = [
    ['requests | where', 'SyntaxError', 16],
    [`requests\n${TIME} and`, 'SyntaxError', 9 + TIME.length + 4],
    ['requestz | take 1', 'SemanticError', 0],
    ['requests | where TimeGenerated > now()', 'SemanticError', 17],
    [`AppRequests\n${TIME}`, 'SemanticError', 20],
    [`AppRequests\n${GENERATED}\n${HASH}`, 'SemanticError', 0],
    ['requests | where timestamp >= 1', 'SemanticError', 27],
    [`customMetrics\n${TIME}\n| where itemCount > 1`, 'SemanticError', 0],
  ];
  for (const [text, kind, start] of table) {
    it(JSON.stringify(text), () => {
      const { diagnostics, query } = parseKql(text);
      assert.equal(query, undefined);
      assert.equal(diagnostics[0]?.kind, kind);
      assert.match(diagnostics[0]?.code ?? '', /^KS\d+$/);
      if (start > 0) assert.equal(diagnostics[0]?.start, start);
    });
  }
});

describe('time literals', () => {
  const table: readonly (readonly [string, string | undefined])[] = [
    ['2026-11-21T03:00:00.1234567Z', '2026-11-21T03:00:00.1234567Z'],
    ['2026-11-21T03:00:00.5Z', '2026-11-21T03:00:00.5000000Z'],
    ['2026-11-21T03:00:00Z', '2026-11-21T03:00:00.0000000Z'],
    ['2026-11-21', '2026-11-21T00:00:00.0000000Z'],
    ['2026-11-21T03:00:00.12345678Z', undefined],
    ['2026-11-21T03:00:00+01:00', undefined],
    ['2026-13-21', undefined],
  ];
  for (const [literal, time] of table) it(literal, () => assert.equal(timeOfLiteral(literal), time));
});

describe('KQL whose times alone are others', () => {
  const [C, D] = ['2026-12-01T00:00:00.0000000Z', '2027-01-01'];
  const other = (text: string): string => text.replaceAll(A, C).replaceAll(B, D);
  const table = [
    `requests\n${TIME}\n${HASH}`,
    `AppRequests\n${GENERATED}\n| where _ResourceId =~ '/s/A'\n| extend itemId = _ItemId`,
    `union\n(requests\n${TIME}\n| summarize rows = count() by start = bin(timestamp, 60m)\n| extend signal = 'r'),\n` +
      `(traces\n${TIME}\n| summarize rows = count() by start = bin(timestamp, 15m)\n| extend signal = 't')`,
  ];
  for (const text of table)
    it(JSON.stringify(text), () => {
      const { query } = parseKql(text);
      const { union, ...first } = query ?? assert.fail();
      const times = { start: C, end: '2027-01-01T00:00:00.0000000Z' };
      const expected = { ...first, ...times, ...(union && { union: union.map((one) => ({ ...one, ...times })) }) };
      assert.deepEqual(parseKql(other(text)), { diagnostics: [], query: expected });
      assert.deepEqual(parseKql(text), { diagnostics: [], query }, 'as it was');
    });

  it('and are none', () => {
    const known = `requests\n${TIME}`;
    assert.ok(parseKql(known).query);
    for (const [text, time] of [
      ['datetime(2026-13-45)', 'datetime(2026-13-45)'],
      ['now()', 'now()'],
    ]) {
      const { query } = parseKql(known.replace(`datetime(${A})`, time ?? ''));
      assert.equal(query, undefined, text);
    }
  });
});
