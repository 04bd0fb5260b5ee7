/** By storage's clock it is told what time is over: by the service's own, and by none that may be wrong by years. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHttpHeaders, createPipelineRequest } from '@azure/core-rest-pipeline';
import { heardClock } from '../../shared/net/heard-clock.ts';

const ours = Date.UTC(2026, 10, 27, 12);
const [second, minute, hour, day] = [1_000, 60_000, 3_600_000, 86_400_000];
const at = (ahead: number): string => new Date(ours + ahead).toUTCString();
const named = { 'x-ms-request-id': '1' };

const rows: [what: string, headers: Readonly<Record<string, string>>, ahead: number][] = [
  ['the same time', { ...named, date: at(4 * second) }, 0],
  ['ours is some minutes behind', { ...named, date: at(14 * minute) }, 14 * minute],
  ['ours is an hour ahead', { ...named, date: at(-hour) }, -hour],
  ['ours is days ahead', { ...named, date: at(-4 * day) }, -4 * day],
  ['theirs is an hour ahead', { ...named, date: at(hour) }, 0],
  ['theirs is years ahead', { ...named, date: at(400 * day) }, 0],
  ['the end of time', { ...named, date: 'Fri, 31 Dec 9999 23:59:59 GMT' }, 0],
  ['no date', named, 0],
  ['no time', { ...named, date: 'soon' }, 0],
  ['a gateway in its place', { date: at(-hour) }, 0],
];

for (const [what, given, ahead] of rows)
  test(what, async () => {
    const clock = heardClock(() => ours);
    const headers = createHttpHeaders(given);
    const http = clock.listening({ sendRequest: async (request) => ({ status: 503, headers, request }) });
    await http.sendRequest(createPipelineRequest({ url: 'http://127.0.0.1:1/' }));
    assert.equal(clock.now() - ours, ahead);
  });
