import { assign, type Path, type SettingFault, secretSettings, valueAt } from './flat.ts';
import { nearestWord } from './near.ts';
import { fault } from './places.ts';
import { sectionKeys, type settingsDocument } from './schema.ts';
import { shown } from './secret.ts';

export type Issue = NonNullable<ReturnType<typeof settingsDocument.safeParse>['error']>['issues'][number];

/** What the schema found, in words. `origin` names the setting (or flag) that the value at a path came from. */
export function issueFaults(issue: Issue, raw: object, origin: (path: Path) => string): SettingFault[] {
  const path = issue.path.filter((step) => typeof step !== 'symbol');
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => unknownKey([...path, key], origin([...path, key])));
  const value = valueAt(raw, path);
  const words = issue.code === 'invalid_value' ? issue.values.map(String) : [];
  const near = typeof value === 'string' ? nearestWord(value, words) : undefined;
  const name = origin(path);
  return [fault(name, mustBe(issue), `${shown(value)}${near ? `; did you mean ${near}?` : ''}`)];
}

/** Parts of the document have no words of their own in the schema. */
const mustBe = (issue: Issue): string =>
  issue.code === 'invalid_type' && issue.expected === 'object' && /^Invalid input/.test(issue.message)
    ? 'an object: {…}'
    : issue.message;

function unknownKey(path: Path, name: string): SettingFault {
  const key = String(path.at(-1));
  if (path[0] === 'lake' && path[1] === 'retention') {
    const meant = nearestWord(key, sectionKeys.shape ?? []);
    const was = `${shown(key)}${meant ? `; did you mean ${meant}?` : ''}`;
    return fault(name, 'for signals, or for * (the others)', was);
  }
  const near = nearestWord(key, sectionKeys[sectionOf(path)] ?? []);
  const secret = secretSettings.find(
    (name) => name.replace(/^.*?_/, '').replaceAll('_', '').toLowerCase() === key.toLowerCase(),
  );
  const hint = secret ? `; a secret goes into the app setting ${secret}` : near ? `; did you mean ${near}?` : '';
  return { setting: name, text: `${name} is no setting${hint}` };
}

/** Below `shape` the signals are a section each. */
const sectionOf = ([section, ...rest]: Path): string =>
  rest.length === 0 ? '' : section === 'shape' && rest.length > 1 ? 'shape.*' : String(section);

/** The settings without the values that are wrong, so that what can be said about the rest is said at once. */
export function withoutFaults(raw: object, issues: readonly Issue[]): object {
  const rest = structuredClone(raw);
  for (const issue of issues) {
    const path = issue.path.filter((step) => typeof step !== 'symbol');
    const keys = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...path, key]) : [path];
    for (const key of keys) {
      const [section, field] = key;
      if (section === 'exports' && field === 'container') assign(rest, [section], undefined);
      else if (section === 'apps' && key[2] === 'name') assign(rest, key, `app-${key[1]}`);
      // of a list or a record goes the whole: without some of its parts it would mean something else
      else assign(rest, key.slice(0, section === 'apps' ? 3 : 2), undefined);
    }
  }
  return JSON.parse(JSON.stringify(rest)) as object;
}

/** One fault is one line; several are one line each. The same setting is named once. */
export function faultMessage(head: string, faults: readonly (SettingFault | string)[]): string {
  const lines = [...new Set(faults.map((found) => (typeof found === 'string' ? found : found.text)))];
  if (lines.length === 1) return `${head}: ${lines[0]}`;
  return `${head}: ${lines.length} are wrong\n${lines.map((line) => `- ${line}`).join('\n')}`;
}
