import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chunkOf, decode, hour, windowOf } from './chunks.ts';

/** What Properties of data export say, as it stands in the lake. */
async function dimensions(properties: string): Promise<unknown> {
  const record = { TimeGenerated: new Date(hour).toISOString(), Type: 'AppRequests', Id: 'a', Properties: properties };
  const chunk = (work: string) => [chunkOf(work, `${JSON.stringify(record)}\n`, { layout: 'dataExport' })];
  const { rows, quarantine } = await decode(windowOf('requests', 'dataExport'), chunk);
  assert.deepEqual(quarantine, []);
  return JSON.parse(String(rows[0]?.customDimensions));
}

test('JSON in a text may stand on several lines; a newline in one of its strings makes it a text', async () => {
  assert.deepEqual(await dimensions('{\n"a":\n"b\\n\\"c"\n}\n'), { a: 'b\n"c' });
  for (const text of ['{"a":"x\ny"}', '{\n"a\nb":"c"}', 'x\ny']) assert.equal(await dimensions(text), text);
});
