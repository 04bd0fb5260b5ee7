import { resourcesOf } from './snapshots.ts';

/** Stand-ins for what only Azure knows. */
export const clientId = '11111111-1111-4111-8111-111111111111';
export const componentAppId = '22222222-2222-4222-8222-222222222222';
export const workspaceCustomerId = '55555555-5555-4555-8555-555555555555';

/** What a snapshot leaves as an expression, as it comes out in a deployment into the public cloud. */
const known: readonly (readonly [pattern: RegExp, value: string])[] = [
  [/^reference\('[^']*\/userAssignedIdentities\/[^']*', '[^']*'\)\.clientId$/, clientId],
  [/^reference\('[^']*\/components\/[^']*', '[^']*'\)\.AppId$/, componentAppId],
  [/^reference\('[^']*\/components\/[^']*', '[^']*'\)\.ConnectionString$/, 'InstrumentationKey=00000000'],
  [/^reference\('[^']*\/workspaces\/[^']*', '[^']*'\)\.customerId$/, workspaceCustomerId],
  [/^environment\(\)\.suffixes\.storage$/, 'core.windows.net'],
  [/^createObject\('AzureCloud', 'public', .*\)\[environment\(\)\.name\]$/, 'public'],
];

/** The app settings of a deployment, as the app finds them in its environment. */
export function appSettingsOf(way: string): Record<string, string> {
  const site = resourcesOf(way).find(({ type }) => type === 'Microsoft.Web/sites');
  const { appSettings } = Object(site?.properties?.siteConfig);
  const list: readonly { readonly name: string; readonly value: string }[] = appSettings ?? [];
  return Object.fromEntries(list.map(({ name, value }) => [name, evaluated(value)]));
}

const evaluated = (text: string): string => (text.startsWith('[') ? resultOf(text.slice(1, -1)) : text);

function resultOf(expression: string): string {
  const found = known.find(([pattern]) => pattern.test(expression))?.[1];
  if (found !== undefined) return found;
  if (/^'[^']*'$/.test(expression)) return expression.slice(1, -1);
  const [, form = '', rest = ''] = /^format\('([^']*)', (.*)\)$/.exec(expression) ?? [];
  if (form === '') throw new Error(`no value is known for ${expression}`);
  const values = parts(rest).map(resultOf);
  return form.replace(/\{(\d+)\}/g, (_, index: string) => values[Number(index)] ?? '');
}

/** Arguments of a call: commas within brackets and quotes do not part them. */
function parts(text: string): string[] {
  const found = [''];
  let [depth, quoted] = [0, false];
  for (const letter of text) {
    if (letter === "'") quoted = !quoted;
    else if (!quoted) depth += { '(': 1, ')': -1 }[letter] ?? 0;
    if (letter === ',' && depth === 0 && !quoted) found.push('');
    else found.push((found.pop() ?? '') + letter);
  }
  return found.map((part) => part.trim());
}
