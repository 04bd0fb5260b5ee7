import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Env } from '../../shared/config/flat.ts';
import { parseConfig } from '../../shared/config.ts';
import type { Config } from '../../shared/model.ts';

export const guid = '01234567-89ab-cdef-0123-456789abcdef';
export const other = 'fedcba98-89ab-cdef-0123-456789abcdef';
const accountKey = Buffer.from('top secret').toString('base64');
export const connection =
  `DefaultEndpointsProtocol=https;AccountName=own;AccountKey=${accountKey};` + 'EndpointSuffix=core.windows.net';

/** The handful that one app needs. */
export const one: Env = {
  APP_NAME: 'shop',
  APP_ID: guid,
  LAKE_ACCOUNT_URL: 'https://lake.dfs.core.windows.net/',
  LAKE_CONTAINER: 'telemetry',
  AzureWebJobsStorage: 'UseDevelopmentStorage=true',
};
export const blobs: Env = { EXPORT_CONTAINER: 'exports', ExportStorage: connection };

/** The message's lines without its head. */
export function faultsOf(env: Env, files: Record<string, string> = {}): string[] {
  try {
    parseConfig(env, readFrom(files));
  } catch (error) {
    const text = error instanceof Error ? error.message : '';
    assert.match(text, /^settings: /);
    const lines = text.split('\n');
    return lines.length === 1
      ? [text.replace('settings: ', '')]
      : lines.slice(1).map((line) => line.replace(/^- /, ''));
  }
  return [];
}

export const readFrom = (files: Record<string, string>) => (path: string) => {
  const text = files[path];
  if (text === undefined) throw new Error(`ENOENT: ${path}`);
  return text;
};

/** The faults are the expected ones, in order. */
export function assertFaults(faults: readonly string[], expected: readonly RegExp[]): void {
  assert.equal(faults.length, expected.length, faults.join('\n'));
  for (const [index, pattern] of expected.entries()) assert.match(faults[index] ?? '', pattern);
}

type Read = readonly [what: string, env: Env, value: (config: Config) => unknown, expected: unknown];

/** A test for each row: what the settings say. */
export function reads(table: readonly Read[]): void {
  for (const [what, env, value, expected] of table)
    test(`reads ${what}`, () => assert.deepEqual(value(parseConfig(env)), expected));
}

/** A test for each row: how wrong settings are told. */
export function refuses(table: readonly (readonly [what: string, env: Env, ...faults: RegExp[]])[]): void {
  for (const [what, env, ...expected] of table) test(`refuses ${what}`, () => assertFaults(faultsOf(env), expected));
}
