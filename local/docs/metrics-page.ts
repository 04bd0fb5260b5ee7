import { ATTRIBUTES, METRICS, type Metric } from '../../shared/metrics/table.ts';
import { between } from './operations-page.ts';

const whens: Readonly<Record<Metric['when'], string>> = {
  run: 'run',
  tick: 'tick of the planner',
  audit: 'audit',
  timer: 'tick of a timer',
};

/** docs/metrics.md with the metrics and their attributes, between comments that say so. */
export function metricsPage(text: string): string {
  const short = (names: readonly string[]): string =>
    names.length === 0 ? 'none' : names.map((name) => `\`${name.replace('insights_lake.', '')}\``).join(', ');
  const metrics = [
    '| metric | kind | unit | each | attributes | |',
    '|---|---|---|---|---|---|',
    ...Object.entries<Metric>(METRICS).map(
      ([name, { kind, unit, when, attributes, about }]) =>
        `| \`${name}\` | ${kind} | \`${unit}\` | ${whens[when]} | ${short(attributes)} | ${about} |`,
    ),
  ];
  const attributes = [
    '| attribute | its values |',
    '|---|---|',
    ...Object.entries(ATTRIBUTES).map(([name, words]) => `| \`${name}\` | ${words} |`),
  ];
  return between(between(text, 'metrics', metrics), 'attributes', attributes);
}
