import type { Env } from '../../shared/config/flat.ts';
import type { Edge } from '../command.ts';
import { type ExitCode, exitCodes } from '../failure.ts';
import { isSet, type Options, textOf } from '../flags/options.ts';
import { foundSettings } from '../request/settings.ts';
import type { Tone } from '../terminal/colours.ts';
import { commandWords } from '../terminal/command-words.ts';

/** `warn`: works, or may work, but not as it should. */
export type Level = 'ok' | 'warn' | 'fail';
export type Subject = 'settings' | 'clock' | 'source' | 'exports' | 'lake' | 'state';

/** One thing that was looked at: how it is, and what to do where it is not well. No secrets. */
export interface Finding {
  readonly subject: Subject;
  readonly level: Level;
  readonly text: string;
}

/** Looks at everything that these settings name, as the identity at hand; findings in a fixed order, as they come. */
export type Examine = (env: Env, abort: AbortSignal) => AsyncIterable<Finding>;

/** A failure of one side alone has that side's code, as in the other commands. */
const codeOf: Readonly<Record<Subject, ExitCode>> = {
  settings: exitCodes.usage,
  clock: exitCodes.failed,
  source: exitCodes.source,
  exports: exitCodes.source,
  lake: exitCodes.destination,
  state: exitCodes.failed,
};

/** A line per finding, or all of them as one JSON document. Throws Failure when there are no settings to look at. */
export async function check(options: Options, { terminal, examine, abort }: Edge): Promise<ExitCode> {
  const { from, env } = foundSettings('check', textOf(options, 'settings'), terminal);
  const json = isSet(options, 'json');
  const findings: Finding[] = [];
  for await (const found of examine(env, abort)) {
    const finding = { ...found, text: commandWords(found.text) };
    findings.push(finding);
    if (!json) terminal.out(`${lineOf(finding)}\n`, TONES[finding.level]);
  }
  const exitCode = abort.aborted ? exitCodes.interrupted : exitCodeOf(findings);
  const summary = { command: 'check', settings: from, exitCode, findings };
  if (json) terminal.out(`${JSON.stringify(summary, null, 2)}\n`);
  else terminal.out(`${verdict(findings)} (settings of ${from})\n`, exitCode === exitCodes.done ? 'good' : 'bad');
  return exitCode;
}

const TONES: Readonly<Record<Level, Tone | undefined>> = { ok: undefined, warn: 'warn', fail: 'bad' };

const lineOf = ({ level, subject, text }: Finding): string => `${level.padEnd(5)} ${subject.padEnd(8)} ${text}`;

function verdict(findings: readonly Finding[]): string {
  const count = (level: Level) => findings.filter((finding) => finding.level === level).length;
  const [failed, warned] = [count('fail'), count('warn')];
  if (failed > 0) return `${failed} of ${findings.length} failed`;
  return warned > 0 ? `nothing failed; ${warned} to look at` : 'all is well';
}

function exitCodeOf(findings: readonly Finding[]): ExitCode {
  const codes = new Set(findings.filter(({ level }) => level === 'fail').map(({ subject }) => codeOf[subject]));
  const [code = exitCodes.done] = codes;
  return codes.size > 1 ? exitCodes.failed : code;
}
