import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHttpHeaders, createPipelineRequest } from '@azure/core-rest-pipeline';
import { createLimitedHttp, HTTP_LIMITS } from '../../shared/net/limited-http.ts';

/** What an answer asks to wait for is passed on to the library, which waits, unless that is no wait but a halt. */
const said = new Date(Date.UTC(2026, 10, 21, 3));
const inSeconds = (seconds: number): string => new Date(said.getTime() + seconds * 1000).toUTCString();

const rows: [name: string, value: string, kept: boolean][] = [
  ['retry-after', '0', true],
  ['retry-after', '5', true],
  ['retry-after', '30', true],
  ['retry-after', '31', false],
  ['retry-after', '86400', false],
  ['retry-after', '-5', true],
  ['retry-after', '99999999999999999999', false],
  ['retry-after', 'soon', true],
  ['retry-after', inSeconds(20), true],
  ['retry-after', inSeconds(3_600), false],
  ['retry-after', inSeconds(-3_600), true],
  ['retry-after', 'Fri, 31 Dec 9999 23:59:59 GMT', false],
  ['retry-after-ms', '2000', true],
  ['retry-after-ms', '86400000', false],
  ['x-ms-retry-after-ms', '86400000', false],
];

for (const [name, value, kept] of rows)
  test(`${name}: ${value} is ${kept ? 'passed on' : 'left out'}`, async () => {
    const headers = createHttpHeaders({ [name]: value, date: said.toUTCString() });
    const http = createLimitedHttp(HTTP_LIMITS, {
      sendRequest: async (request) => ({ status: 503, headers, request }),
    });
    const answer = await http.sendRequest(createPipelineRequest({ url: 'http://127.0.0.1:1/' }));
    assert.equal(answer.headers.get(name), kept ? value : undefined);
  });
