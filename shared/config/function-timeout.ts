import type { Millis } from '../model.ts';
import { type Env, settingOf } from './flat.ts';

const minute: Millis = 60_000;

/**
 * How long the host lets an invocation run before it kills it: `functionTimeout` of host.json, or the app setting that
 * overrides it. Without either the default of Flex Consumption and Elastic Premium. Undefined: without end, or not
 * known. Never throws: host.json is the host's to judge.
 * https://learn.microsoft.com/azure/azure-functions/functions-scale#timeout
 */
export function functionTimeout(env: Env, readFile: (path: string) => string): Millis | undefined {
  try {
    const host: { functionTimeout?: unknown } = JSON.parse(readFile('host.json').replace(/^\uFEFF/, ''));
    const set = settingOf(env, 'AzureFunctionsJobHost__functionTimeout') ?? host.functionTimeout;
    if (set === undefined) return 30 * minute;
    return spanOf(String(set));
  } catch {
    return undefined;
  }
}

/** `[d.]hh:mm:ss[.fff]`, as .NET writes a time span; -1 is without end. */
function spanOf(text: string): Millis | undefined {
  const [, days = '0', hours, minutes, seconds] =
    /^(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2})(?:\.\d+)?$/.exec(text.trim()) ?? [];
  if (seconds === undefined) return undefined;
  return ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * minute + Number(seconds) * 1000;
}
