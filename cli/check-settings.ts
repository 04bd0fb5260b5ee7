import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Env } from '../shared/config/flat.ts';
import { usage } from './failure.ts';

/** Where settings come from: the words for messages, and the settings themselves. */
export interface FoundSettings {
  readonly from: string;
  readonly env: Env;
}

/** What `func start` reads in the folder of the app. */
const local = 'local.settings.json';

/**
 * The settings of a file (`az functionapp config appsettings list`, an object of names and values, or a local.settings.json) and nothing
 * else; without a file those of this process, over those of a local.settings.json in this folder. Throws Failure.
 */
export function foundSettings(file: string | undefined, env: Env): FoundSettings {
  if (file !== undefined) return { from: file, env: settingsIn(file, read(file)) };
  const text = read(local, true);
  const values = text === undefined ? {} : settingsIn(local, text);
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined));
  return { from: text === undefined ? 'the environment' : `${local} and the environment`, env: { ...values, ...set } };
}

function read(file: string): string;
function read(file: string, optional: true): string | undefined;
function read(file: string, optional = false): string | undefined {
  try {
    return readFileSync(resolve(file), 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : error;
    if (optional && code === 'ENOENT') return undefined;
    throw usage(`check: ${file} cannot be read (${code}); name a file with settings`);
  }
}

/** Its values are never in the message of an error: they hold secrets. */
function settingsIn(file: string, text: string): Env {
  const found = parsed(file, text);
  if (Array.isArray(found)) return Object.fromEntries(found.map((entry) => pairOf(file, entry)));
  if (typeof found !== 'object' || found === null) throw strange(file);
  if (!('Values' in found))
    return Object.fromEntries(Object.entries(found).map((entry) => [entry[0], textOf(file, entry)]));
  if ('IsEncrypted' in found && found.IsEncrypted === true)
    throw usage(`check: ${file} is encrypted; decrypt it with func settings decrypt`);
  return Object.fromEntries(Object.entries(found.Values ?? {}).map((entry) => [entry[0], textOf(file, entry)]));
}

function parsed(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw strange(file);
  }
}

function pairOf(file: string, entry: unknown): [string, string] {
  if (typeof entry !== 'object' || entry === null || !('name' in entry) || typeof entry.name !== 'string')
    throw strange(file);
  return [entry.name, textOf(file, [entry.name, 'value' in entry ? entry.value : ''])];
}

function textOf(file: string, [name, value]: [string, unknown]): string {
  if (typeof value === 'object' && value !== null)
    throw usage(`check: ${file}: ${name} must be a text; it is ${Array.isArray(value) ? 'a list' : 'an object'}`);
  return String(value ?? '');
}

const strange = (file: string) =>
  usage(
    `check: ${file} holds no settings; it must be what az functionapp config appsettings list prints, or {"NAME": "value", …}`,
  );
