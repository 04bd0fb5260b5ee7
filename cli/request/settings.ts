import { join } from 'node:path';
import type { Env } from '../../shared/config/flat.ts';
import { type Failure, usage } from '../failure.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { textIn } from './text-in.ts';

/** Where settings come from: the words for messages, and the settings themselves. */
export interface FoundSettings {
  readonly from: string;
  readonly env: Env;
}

/** What `func start` reads in the folder of the app. */
const local = 'local.settings.json';

/**
 * The settings of a file (`az functionapp config appsettings list`, an object of names and values, or a
 * local.settings.json) and nothing else; without a file those of this process, over those of a local.settings.json in
 * this folder. Throws Failure.
 */
export function foundSettings(
  command: string,
  file: string | undefined,
  { folder, env }: Pick<Terminal, 'folder' | 'env'>,
): FoundSettings {
  const wrong = (text: string): Failure => usage(`${command}: ${text}`);
  if (file !== undefined) return { from: file, env: settingsIn(file, read(file, wrong), wrong) };
  const text = read(join(folder, local), wrong, true);
  const values = text === undefined ? {} : settingsIn(local, text, wrong);
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined));
  return { from: text === undefined ? 'the environment' : `${local} and the environment`, env: { ...values, ...set } };
}

type Wrong = (text: string) => Failure;

function read(file: string, wrong: Wrong): string;
function read(file: string, wrong: Wrong, optional: true): string | undefined;
function read(file: string, wrong: Wrong, optional = false): string | undefined {
  try {
    return textIn(file);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : error;
    if (optional && code === 'ENOENT') return undefined;
    throw wrong(`${file} cannot be read (${code}); name a file with settings`);
  }
}

/** Its values are never in the message of an error: they hold secrets. */
function settingsIn(file: string, text: string, wrong: Wrong): Env {
  const found = parsed(file, text, wrong);
  if (Array.isArray(found)) return Object.fromEntries(found.map((entry) => pairOf(file, entry, wrong)));
  if (typeof found !== 'object' || found === null) throw strange(file, wrong);
  if (!('Values' in found))
    return Object.fromEntries(Object.entries(found).map((entry) => [entry[0], textOf(file, entry, wrong)]));
  if ('IsEncrypted' in found && found.IsEncrypted === true)
    throw wrong(`${file} is encrypted; decrypt it with func settings decrypt`);
  return Object.fromEntries(Object.entries(found.Values ?? {}).map((entry) => [entry[0], textOf(file, entry, wrong)]));
}

function parsed(file: string, text: string, wrong: Wrong): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw strange(file, wrong, '; it does not parse as JSON, which knows no comments and no comma before a bracket');
  }
}

function pairOf(file: string, entry: unknown, wrong: Wrong): [string, string] {
  if (typeof entry !== 'object' || entry === null || !('name' in entry) || typeof entry.name !== 'string')
    throw strange(file, wrong);
  return [entry.name, textOf(file, [entry.name, 'value' in entry ? entry.value : ''], wrong)];
}

function textOf(file: string, [name, value]: [string, unknown], wrong: Wrong): string {
  if (typeof value === 'object' && value !== null)
    throw wrong(`${file}: ${name} must be a text; it is ${Array.isArray(value) ? 'a list' : 'an object'}`);
  return String(value ?? '');
}

const known = 'what az functionapp config appsettings list prints, or {"NAME": "value", …}';
const strange = (file: string, wrong: Wrong, why = ''): Failure =>
  wrong(`${file} holds no settings; it must be ${known}${why}`);
