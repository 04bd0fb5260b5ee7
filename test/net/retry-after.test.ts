import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHttpHeaders, createPipelineRequest } from '@azure/core-rest-pipeline';
import { createLimitedHttp, HTTP_LIMITS } from '../../shared/net/limited-http.ts';

/** What an answer asks to wait for is told the library in its own words, unless that is no wait but a halt. */
const said = new Date(Date.UTC(2026, 10, 21, 3));
const inSeconds = (seconds: number): string => new Date(said.getTime() + seconds * 1000).toUTCString();

/** `told`: left out, the library's own pauses hold. */
const rows: [name: string, value: string, told?: string][] = [
  ['retry-after', '0', '0'],
  ['retry-after', '5', '5'],
  ['retry-after', '30', '30'],
  ['retry-after', '31'],
  ['retry-after', '86400'],
  ['retry-after', '-5', '0'],
  ['retry-after', '99999999999999999999'],
  ['retry-after', 'soon'],
  ['retry-after', ' '],
  ['retry-after', '5, 5'],
  ['retry-after', '1e9'],
  ['retry-after', 'Infinity'],
  ['retry-after', '0x10', '16'],
  ['retry-after', '0.5', '0.5'],
  ['retry-after', inSeconds(20), '20'],
  ['retry-after', inSeconds(3_600)],
  ['retry-after', inSeconds(-3_600), '0'],
  ['retry-after', 'Fri, 31 Dec 9999 23:59:59 GMT'],
  ['retry-after-ms', '2000', '2000'],
  ['retry-after-ms', '86400000'],
  ['x-ms-retry-after-ms', '86400000'],
];

for (const [name, value, told] of rows)
  test(`${name}: ${value} is ${told ?? 'left out'}`, async () => {
    const headers = createHttpHeaders({ [name]: value, date: said.toUTCString() });
    const http = createLimitedHttp(HTTP_LIMITS, {
      sendRequest: async (request) => ({ status: 503, headers, request }),
    });
    const answer = await http.sendRequest(createPipelineRequest({ url: 'http://127.0.0.1:1/' }));
    assert.equal(answer.headers.get(name), told);
  });
