import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { infra, type Parameter } from './snapshots.ts';

/** Parameters of main.bicep as azd gives them: `${NAME}` or `${NAME=default}` of its environment. */
export const azdParameters: ReadonlyMap<string, string> = new Map(
  Object.entries<{ readonly value: string }>(
    JSON.parse(readFileSync(join(infra, 'main.parameters.json'), 'utf8')).parameters,
  ).map(([name, { value }]) => [name, value]),
);

/**
 * What azd 1.23.4 and newer makes of main.parameters.json. `${NAME}` and `${NAME=default}` stand for the variable of
 * its environment (the default also where it is empty). What is empty because its variable is not set is left to the
 * template; numbers and booleans are read from text, arrays and objects from JSON.
 */
export function azdValues(
  declared: Readonly<Record<string, Parameter>>,
  environment: Readonly<Record<string, string>>,
): Map<string, unknown> {
  const values = new Map<string, unknown>();
  for (const [name, value] of azdParameters) {
    let unset = false;
    const text = value.replace(/\$\{(\w+)(?:=([^}]*))?\}/g, (_, variable: string, fallback = '') => {
      unset ||= environment[variable] === undefined;
      return environment[variable] || fallback;
    });
    if (text !== '' || !unset) values.set(name, typed(text, declared[name]?.type ?? 'string'));
  }
  return values;
}

function typed(text: string, type: string): unknown {
  if (type === 'bool' && /^(true|false)$/.test(text)) return text === 'true';
  if (type === 'int' && /^-?\d+$/.test(text)) return Number(text);
  return type === 'array' || type === 'object' ? JSON.parse(text) : text;
}
