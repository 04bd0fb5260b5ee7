import type { Parameter } from './bicepFile.ts';

/**
 * What azd 1.23.4 and newer makes of main.parameters.json. `${NAME}` and `${NAME=default}` stand for the variable of its environment
 * (the default also where it is empty). What is empty because its variable is not set is left to the template; numbers and booleans
 * are read from text, arrays and objects from JSON.
 */
export function azdValues(
  given: ReadonlyMap<string, unknown>,
  declared: ReadonlyMap<string, Parameter>,
  environment: Readonly<Record<string, string>>,
): Map<string, unknown> {
  const values = new Map<string, unknown>();
  for (const [name, value] of given) {
    let unset = false;
    const text = String(value).replace(/\$\{(\w+)(?:=([^}]*))?\}/g, (_, variable: string, fallback = '') => {
      unset ||= environment[variable] === undefined;
      return environment[variable] || fallback;
    });
    if (text !== '' || !unset) values.set(name, typed(text, declared.get(name)?.type ?? 'string'));
  }
  return values;
}

function typed(text: string, type: string): unknown {
  if (type === 'bool' && /^(true|false)$/.test(text)) return text === 'true';
  if (type === 'int' && /^-?\d+$/.test(text)) return Number(text);
  return type === 'array' || type === 'object' ? JSON.parse(text) : text;
}
