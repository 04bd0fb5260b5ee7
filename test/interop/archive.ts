import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { exportBlobs } from '../../local/telemetry/exportBlobs.ts';
import { telemetryRows } from '../../local/telemetry/telemetryRows.ts';
import type { Signal } from '../../shared/model.ts';
import { fromBlob, type LakeRow, windowText } from '../e2e/truth.ts';

const HOUR = 3_600_000;
const START = Date.UTC(2024, 4, 10, 6);
const shop = { seed: 'interop', app: 'store', perHour: 40, start: START, end: START + 3 * HOUR };

const odd = (ItemId: string, more: object): object => ({
  time: '2024-05-10T07:08:09.1234567Z',
  category: 'AppRequests',
  Type: 'AppRequests',
  _ItemId: ItemId,
  ItemCount: 1,
  ...more,
});

/** Values at the edges of their types, and text that formats trip over. All `odd-` ids are requests. */
const oddities: readonly object[] = [
  odd('odd-nan', { DurationMs: 'NaN' }),
  odd('odd-infinity', { DurationMs: 'Infinity' }),
  odd('odd-minus', { DurationMs: '-Infinity' }),
  odd('odd-nothing', {}),
  odd('odd-large', { DurationMs: 1.797_693_134_862_315_7e308, ItemCount: 2_147_483_647 }),
  // The smallest normal double: the JSON reader of pandas refuses smaller ones.
  odd('odd-small', { DurationMs: 2.225_073_858_507_201_4e-308, ItemCount: -2_147_483_648 }),
  odd('odd-third', { DurationMs: 1 / 3, Success: true }),
  odd('odd-sum', { DurationMs: 0.1 + 0.2, Success: false }),
  odd('odd-text', { Name: 'a "quoted", comma; \'single\'\ttab \\ back\\nslash', Url: '""', Source: '  kept  ' }),
  odd('odd-lines', { Name: 'one\ntwo\r\nthree\n', Properties: { text: 'a\n"b"\r\n,c' } }),
  odd('odd-unicode', {
    Name: 'Grüße 你好 🦆 e\u0301 \u200d \u2028 \ufeff',
    Properties: { schlüssel: '🦆', '': 'empty key' },
  }),
  odd('odd-words', {
    Name: 'NaN',
    Url: 'NULL',
    Source: 'null',
    OperationName: 'None',
    UserId: 'NA',
    SessionId: 'true',
    ResultCode: '007',
  }),
  odd('odd-dimensions', {
    Properties: { big: 9_007_199_254_740_991, real: 1e-7, on: true, none: null, list: [1, 'two', { three: 3 }] },
  }),
  odd('odd-early', { time: '2024-05-10T07:00:00.0000000Z' }),
  odd('odd-late', { time: '2024-05-10T07:59:59.9999999Z' }),
];

/** What the columns of the oddities must hold; microseconds since 1970 as text for times. Left out: null. */
export const oddTruth: Readonly<Record<string, LakeRow>> = {
  'odd-nan': { duration: Number.NaN, timestamp: '1715324889123456' },
  'odd-infinity': { duration: Number.POSITIVE_INFINITY },
  'odd-minus': { duration: Number.NEGATIVE_INFINITY },
  'odd-nothing': { duration: null, success: null, name: null },
  'odd-large': { duration: Number.MAX_VALUE, itemCount: 2_147_483_647 },
  'odd-small': { duration: 2.225_073_858_507_201_4e-308, itemCount: -2_147_483_648 },
  'odd-third': { duration: 1 / 3, success: true },
  'odd-sum': { duration: 0.1 + 0.2, success: false },
  'odd-text': { name: 'a "quoted", comma; \'single\'\ttab \\ back\\nslash', url: '""', source: '  kept  ' },
  'odd-lines': { name: 'one\ntwo\r\nthree\n', customDimensions: '{"text":"a\\n\\"b\\"\\r\\n,c"}' },
  'odd-unicode': { name: 'Grüße 你好 🦆 e\u0301 \u200d \u2028 \ufeff' },
  'odd-words': {
    name: 'NaN',
    url: 'NULL',
    source: 'null',
    operation_Name: 'None',
    user_Id: 'NA',
    session_Id: 'true',
    resultCode: '007',
  },
  'odd-dimensions': {},
  'odd-early': { timestamp: '1715324400000000' },
  'odd-late': { timestamp: '1715327999999999' },
};

const oddBlob =
  'insights-logs-apprequests/resourceId=/SUBSCRIPTIONS/11111111-1111-4111-8111-111111111111/' +
  'RESOURCEGROUPS/ODD/PROVIDERS/' +
  'MICROSOFT.INSIGHTS/COMPONENTS/ODD/y=2024/m=05/d=10/h=07/m=00/PT1H.json';

/**
 * Writes export blobs of all ten signals, and the oddities with an unreadable line among them; resolves with what the
 * rows must be.
 */
export async function writeArchive(folder: string): Promise<(signal: Signal) => LakeRow[]> {
  const windows = new Map<string, string>();
  const put = async (name: string, text: string) => {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  };
  for (const { name, text } of exportBlobs(shop)) {
    await put(name, text);
    const [, , date, hour] = name.split('/');
    const start = Date.parse(`${date}T${hour}:00:00Z`);
    for (const line of text.trimEnd().split('\n')) {
      windows.set(JSON.parse(line).internal.data.id, windowText({ start, end: start + HOUR }));
    }
  }
  await put(oddBlob, [...oddities.map((record) => JSON.stringify(record)), '{"time": broken', ''].join('\n'));
  return (signal) =>
    [...telemetryRows({ ...shop, signal })].map((row) =>
      fromBlob(signal, row, shop.app, windows.get(String(row.itemId)) ?? ''),
    );
}
