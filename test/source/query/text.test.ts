import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseKql } from '../../../local/simulator/kql.ts';
import type { QuerySettings } from '../../../shared/model.ts';
import { signals } from '../../../shared/signals/tables.ts';
import { halvesOf, type Part } from '../../../shared/source/query/parts.ts';
import { queryText } from '../../../shared/source/query/text.ts';
import { ticksOf, ticksText } from '../../../shared/source/query/ticks.ts';
import fc from '../../seeds.ts';

const RESOURCE = '/subscriptions/6d6e/resourceGroups/My Group (1)/providers/microsoft.insights/components/shop-näme';
const START = ticksOf(Date.UTC(2026, 10, 21, 3));
const HOUR: Part = { start: START, end: ticksOf(Date.UTC(2026, 10, 21, 4)), buckets: 1, bucket: 0 };
const APP = { kind: 'app' } as const;

test('the text for an app', () => {
  assert.equal(
    queryText('requests', APP, HOUR),
    'requests\n| where timestamp >= datetime(2026-11-21T03:00:00.0000000Z) and timestamp < ' +
      'datetime(2026-11-21T04:00:00.0000000Z)',
  );
});

test('the text for a bucket of one tick of a component in a workspace', () => {
  const part = { start: START + 1n, end: START + 2n, buckets: 4, bucket: 1 };
  assert.equal(
    queryText('customEvents', { kind: 'workspace', resourceId: '/subscriptions/a/b' }, part),
    [
      'AppEvents',
      '| where TimeGenerated >= datetime(2026-11-21T03:00:00.0000001Z) and TimeGenerated < ' +
        'datetime(2026-11-21T03:00:00.0000002Z)',
      "| where _ResourceId =~ '/subscriptions/a/b'",
      '| extend itemId = _ItemId',
      '| where hash(iff(isempty(itemId), tostring(pack_all()), itemId), 4) == 1',
    ].join('\n'),
  );
});

const SCHEMAS: readonly QuerySettings['schema'][] = [
  APP,
  { kind: 'workspace', resourceId: '' },
  { kind: 'workspace', resourceId: RESOURCE },
  { kind: 'workspace', resourceId: "'; AppTraces | where 1 == 1 // \\" },
];

test("every text is valid for its table and means what was asked, by Microsoft's parser", () => {
  for (const signal of signals) {
    for (const schema of SCHEMAS) {
      for (const part of [HOUR, { start: START + 7n, end: START + 8n, buckets: 4096, bucket: 4095 }]) {
        const { diagnostics, query } = parseKql(queryText(signal, schema, part));
        assert.deepEqual(diagnostics, [], `${signal} ${JSON.stringify(schema)}`);
        assert.equal(query?.signal, signal);
        assert.equal(query.schema, schema.kind);
        assert.equal(query.start, ticksText(part.start));
        assert.equal(query.end, ticksText(part.end));
        assert.deepEqual(query.hash, part.buckets > 1 ? { parts: 4096, part: 4095 } : undefined);
        if (schema.kind === 'workspace') assert.equal(query.resourceId ?? '', schema.resourceId);
      }
    }
  }
});

test('no resource id can leave its literal', () => {
  const property = fc.property(fc.string({ unit: 'binary', minLength: 1 }), (resourceId) => {
    const { diagnostics, query } = parseKql(queryText('requests', { kind: 'workspace', resourceId }, HOUR));
    assert.deepEqual(diagnostics, []);
    assert.equal(query?.resourceId, resourceId);
  });
  fc.assert(property, { numRuns: 200 });
});

test('ticks as text', () => {
  const table: readonly (readonly [bigint, string])[] = [
    [0n, '1970-01-01T00:00:00.0000000Z'],
    [1n, '1970-01-01T00:00:00.0000001Z'],
    [9_999_999n, '1970-01-01T00:00:00.9999999Z'],
    [10_000_000n, '1970-01-01T00:00:01.0000000Z'],
    [ticksOf(Date.UTC(2024, 1, 29, 23, 59, 59, 999)) + 9_999n, '2024-02-29T23:59:59.9999999Z'],
  ];
  for (const [ticks, text] of table) assert.equal(ticksText(ticks), text);
});

test('halves tile the part, by time and then by hash', () => {
  const anyPart = fc.record({
    start: fc.bigInt({ min: 0n, max: 10n ** 17n }),
    length: fc.bigInt({ min: 1n, max: 10n ** 12n }),
    at: fc.bigInt({ min: 0n, max: 10n ** 12n }),
    hash: fc.nat(),
  });
  const property = fc.property(anyPart, ({ start, length, at, hash }) => {
    let part: Part | undefined = { start, end: start + length, buckets: 1, bucket: 0 };
    const time = start + (at % length);
    const holds = (p: Part): boolean => p.start <= time && time < p.end && hash % p.buckets === p.bucket;
    let depth = 0;
    while (part !== undefined) {
      const halves: readonly [Part, Part] | undefined = halvesOf(part);
      if (halves !== undefined) assert.equal(halves.filter(holds).length, 1);
      part = halves?.find(holds);
      depth++;
    }
    assert.ok(depth <= 41 + 13);
  });
  fc.assert(property);
});
