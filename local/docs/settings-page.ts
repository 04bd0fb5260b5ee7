import { flatSettings, type Path } from '../../shared/config/flat.ts';
import { sectionKeys, settingsDocument, settingsJsonSchema } from '../../shared/config/schema.ts';

/**
 * docs/settings.md with what the schema knows: in tables headed `setting | default | must be`, the default and the rule
 * of each setting; in the table headed `section`, the keys of each section of the document. All else stays, also a
 * default that the schema does not know.
 */
export function settingsPage(text: string): string {
  const places = new Map(flatSettings.map(([name, path]) => [name, path]));
  let head = '';
  const lines = text.split('\n').map((line) => {
    if (!line.startsWith('|')) head = '';
    else if (head === '') head = line;
    if (head.startsWith('| section')) return line.startsWith('| `') ? sectionRow(line) : line;
    const path = places.get(/^\| `(\w+)`/.exec(line)?.[1] ?? '');
    if (!head.startsWith('| setting | default | must be') || path === undefined) return line;
    const [name = '', usual = '', , ...words] = cellsOf(line);
    return rowOf([name, defaultOf(path) || usual, ruleOf(path), ...words]);
  });
  return lines.join('\n');
}

const cellsOf = (line: string): string[] =>
  line
    .replace(/^\||\|$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());

const rowOf = (cells: readonly string[]): string =>
  `|${cells.map((cell) => (cell === '' ? ' ' : ` ${cell} `)).join('|')}|`;

interface Json {
  readonly default?: unknown;
  readonly description?: string;
  readonly items?: Json;
  readonly properties?: Readonly<Record<string, Json>>;
}

/** What holds where the setting is left out: as the schema has it, or as its description ends: `Default: 1h.` */
function defaultOf(path: Path): string {
  const at = path.reduce<Json | undefined>(
    (schema, step) => (typeof step === 'number' ? schema?.items : schema?.properties?.[step]),
    settingsJsonSchema(),
  );
  const { default: value } = at ?? {};
  if (value !== undefined && value !== '' && JSON.stringify(value) !== '{}') return `\`${[value].flat().join(', ')}\``;
  const told = /Default: (.*)\.$/.exec(at?.description ?? '')?.[1] ?? '';
  return /^([\w*]+)$/.test(told) && !['none'].includes(told) ? `\`${told}\`` : told;
}

/** Values that nothing takes; where one is refused, the error says what it must be. */
const wrong = [' \u0000=|', '', 0.5, [' \u0000'], { 'a b': ' \u0000' }];

/** The words that complete "X must be …" in the error of a wrong value; '' where any text will do. */
export function ruleOf(path: Path): string {
  for (const value of wrong) {
    const { error } = settingsDocument.safeParse(documentWith(path, value));
    const issue = error?.issues.find(({ path: place }) => path.every((step, index) => place[index] === step));
    if (issue !== undefined && !/^Invalid|^Too/.test(issue.message)) return issue.message.replaceAll('|', '\\|');
  }
  return '';
}

/** A document with that value, and with what stands beside it where something must. */
function documentWith(path: Path, value: unknown): object {
  const [section = '', ...rest] = path;
  if (rest.length === 0) return { [section]: value };
  const inner = (steps: Path): unknown =>
    steps.length === 0
      ? value
      : typeof steps[0] === 'number'
        ? [inner(steps.slice(1))]
        : { [String(steps[0])]: inner(steps.slice(1)) };
  const beside = section === 'exports' && rest[0] !== 'container' ? { container: 'exports' } : {};
  const within = inner(rest);
  return { [section]: Array.isArray(within) ? within : { ...beside, ...(within as object) } };
}

/** `| `plan` | `schedule`, … |`, with the app setting of a key where its name does not follow from the key's. */
function sectionRow(line: string): string {
  const [cell = '', , ...words] = cellsOf(line);
  const section = cell.replace(/[`[\]]/g, '');
  const keys = sectionKeys[section];
  if (keys === undefined || section === 'shape') return line; // its keys are signals
  const listed = keys.map((key) => {
    const [flat] = flatSettings.find(([, path]) => path[0] === section && path.at(-1) === key) ?? [];
    const usual = `${section.replace(/s$/, '').toUpperCase()}_${key.replace(/[A-Z]/g, '_$&').toUpperCase()}`;
    return flat === undefined || flat === usual || section === 'apps' ? `\`${key}\`` : `\`${key}\` (\`${flat}\`)`;
  });
  return rowOf([cell, listed.join(', '), ...words]);
}
