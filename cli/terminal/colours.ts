/** What a line says of itself. Its words say it too: colours are only for the eye. */
export type Tone = 'good' | 'warn' | 'bad' | 'faint';

/** A line, and how it is meant; left out: as it is. */
export type Line = readonly [text: string, tone?: Tone | undefined];

/** The eight colours that every terminal has, in the shades that its owner chose. */
const CODES: Readonly<Record<Tone, readonly [on: number, off: number]>> = {
  good: [32, 39],
  warn: [33, 39],
  bad: [31, 39],
  faint: [2, 22],
};

/**
 * Whether a stream gets colours: a terminal does, a file or pipe does not. `NO_COLOR` (https://no-color.org) takes them
 * away, `FORCE_COLOR` gives them to pipes as well.
 */
export function hasColours(env: Readonly<Record<string, string | undefined>>, isTerminal: boolean): boolean {
  if ((env.NO_COLOR ?? '') !== '') return false;
  const forced = env.FORCE_COLOR;
  if (forced !== undefined && forced !== '') return forced !== '0' && forced !== 'false';
  return isTerminal && env.TERM !== 'dumb';
}

/** Each line by itself, so that none is left coloured when another program writes in between. */
export function painted(text: string, tone: Tone | undefined, colours: boolean): string {
  if (!colours || tone === undefined) return text;
  const [on, off] = CODES[tone];
  return text.replace(/[^\n]+/g, (line) => `\u001b[${on}m${line}\u001b[${off}m`);
}
