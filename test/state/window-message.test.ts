import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Signal } from '../../shared/model.ts';
import { parseWindowMessage, windowMessage } from '../../shared/state/window-message.ts';
import fc from '../seeds.ts';

const message = {
  app: 'shop',
  signal: 'requests',
  source: 'query',
  start: '2026-11-21T03:00:00.000Z',
  end: '2026-11-21T04:00:00.000Z',
};

test('a message says what its window is', () => {
  const window = {
    app: 'shop',
    signal: 'requests' as const,
    source: 'query',
    start: Date.parse(message.start),
    end: Date.parse(message.end),
  };
  assert.deepEqual(windowMessage(window), message);
  for (const given of [message, JSON.stringify(message), { ...message, later: 'field' }])
    assert.deepEqual(parseWindowMessage(given), window);
});

test('whatever the window, the message gives it back', () => {
  const signal = fc.constantFrom<Signal>('requests', 'customEvents', 'performanceCounters');
  const app = fc.string({ minLength: 1 });
  const time = fc.integer({ min: 0, max: Date.UTC(2100, 0) });
  fc.assert(
    fc.property(
      app,
      signal,
      fc.string({ minLength: 1 }),
      time,
      fc.integer({ min: 1, max: 1e9 }),
      (name, kind, source, start, length) => {
        const window = { app: name, signal: kind, source, start, end: start + length };
        assert.deepEqual(parseWindowMessage(JSON.stringify(windowMessage(window))), window);
      },
    ),
  );
});

test('anything else is refused, and the error says what was wrong', () => {
  const table: [unknown, RegExp][] = [
    [undefined, /must be an object, was undefined/],
    [null, /must be an object, was null/],
    [[], /must be an object, was \[\]/],
    [7, /must be an object, was 7/],
    ['hello', /must be JSON, was "hello"/],
    ['"hello"', /must be an object, was "hello"/],
    [{}, /app must be a text that is not empty, was undefined/],
    [{ ...message, app: '' }, /app must be a text/],
    [{ ...message, app: 7 }, /app must be a text that is not empty, was 7/],
    [{ ...message, signal: 'toString' }, /signal must be one of requests, dependencies.*, was "toString"/],
    [{ ...message, source: undefined }, /source must be a text/],
    [
      { ...message, start: '2026-11-21T03:00' },
      /start must be a time such as 2026-11-21T03:00:00.000Z, was "2026-11-21T03:00"/,
    ],
    [{ ...message, start: 1 }, /start must be a text/],
    [{ ...message, end: '2026-13-21T03:00:00.000Z' }, /end must be a time/],
    [{ ...message, end: message.start }, /start must be before end/],
  ];
  for (const [given, expected] of table) assert.throws(() => parseWindowMessage(given), expected);
});
