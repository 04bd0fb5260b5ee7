import { retention } from '../../shared/config/value-schema.ts';
import type { RetentionRules } from '../../shared/model.ts';
import { retiredFacts } from '../../shared/pipeline/retention/facts.ts';
import type { FeedRetired } from '../../shared/pipeline/retention/retire.ts';
import type { Command, Edge } from '../command.ts';
import { type ExitCode, exitCodes, usage } from '../failure.ts';
import { accessNote, stateExits } from '../flags/notes.ts';
import { isSet, type Options, textOf } from '../flags/options.ts';
import { stateOf } from '../operations/state.ts';
import { rangeOf, signalsOf } from '../request/range.ts';
import type { Line } from '../terminal/colours.ts';
import { bytesText, countText, timeText } from '../terminal/numbers.ts';

export const retentionCommand: Command = {
  name: 'retention',
  forms: [['[--settings <file>] [--out <place>]', 'what is older than the lake keeps, and take it out']],
  about: `Says for each app and signal which windows, rows and files are older than LAKE_RETENTION, by their data date
in whole days (UTC). It changes nothing; with --remove they go: first the ledger says retired, so that nothing brings
them back, then readers of tables see them no longer, then the files go. Only files that the ledger knows are removed.
Interrupted it goes on when it is run again.`,
  examples: `insights-lake retention --settings deployed.json
insights-lake retention --settings deployed.json --keep "traces=30d, *=400d"
insights-lake retention --out ./lake --keep 90d --remove`,
  notes: [
    `The deployed app does the same once a day (LAKE_SCHEDULE): with LAKE_RETIRE=report, the default, it only says what
it would remove; with LAKE_RETIRE=remove it removes it.`,
    accessNote,
  ],
  exits: { ...stateExits, 0: 'it was counted, or removed', 1: 'files could not be removed, or the state not be read' },
  run: retentionRun,
};

async function retentionRun(options: Options, { terminal, operations }: Edge): Promise<ExitCode> {
  const { app } = rangeOf(options);
  const { lake, env } = stateOf(options, terminal);
  const rules = rulesOf(options);
  if (lake !== undefined && rules === undefined)
    throw usage('retention: a lake that the command line made has no rules; give --keep, such as --keep 400d');
  const remove = isSet(options, 'remove');
  const request = { app, signals: signalsOf(options), remove, all: true };
  const found = await (await operations()).retire(request, rules, lake, env);
  const isBad = ({ stuck, foreign, error }: FeedRetired) => stuck + foreign > 0 || error !== '';
  const exitCode = found.some(isBad) ? exitCodes.failed : exitCodes.done;
  if (isSet(options, 'json')) {
    const feeds = found.map((each) => retiredFacts(each, remove));
    terminal.out(`${JSON.stringify({ command: 'retention', exitCode, removed: remove, feeds }, null, 2)}\n`);
  } else for (const [text, tone] of linesOf(found, remove)) terminal.out(`${text}\n`, tone);
  return exitCode;
}

/** Undefined: those of the settings. Throws Failure. */
function rulesOf(options: Options): RetentionRules | undefined {
  const text = textOf(options, 'keep');
  if (text === undefined) return undefined;
  const pairs = text.split(',').map((pair) => pair.split('=').map((side) => side.trim()));
  const given = text.includes('=') ? Object.fromEntries(pairs) : text.trim();
  const parsed = retention().safeParse(given);
  if (!parsed.success) throw usage(`retention: --keep must be ${parsed.error.issues[0]?.message}; it is ${text}`);
  return parsed.data;
}

function linesOf(found: readonly FeedRetired[], remove: boolean): readonly Line[] {
  const sum = (of: (feed: FeedRetired) => number): number => found.reduce((all, feed) => all + of(feed), 0);
  if (found.length === 0) return [['nothing in the lake is older than its rules', 'good']];
  const [windows, files, bytes] = [sum((feed) => feed.windows), sum((feed) => feed.files), sum((feed) => feed.bytes)];
  const waiting = sum((feed) => feed.waiting);
  const what = `${countText(windows)} windows, ${countText(files)} files, ${bytesText(bytes)}`;
  return [
    ...found.flatMap((feed) => feedLines(feed)),
    [remove ? `retired ${what}` : `would retire ${what}; with --remove they go`],
    ...(waiting > 0
      ? [
          [
            `${countText(waiting)} files wait: a run of the last day, or readers of a table, may still need them`,
          ] as const,
        ]
      : []),
  ];
}

function feedLines(found: FeedRetired): readonly Line[] {
  const { feed, keptFrom, start, end, windows, rows, files, bytes, removed, stuck, foreign, why, error } = found;
  const name = `${feed.app} ${feed.signal} (${feed.source}), kept from ${timeText(keptFrom)}`;
  const range = windows > 0 ? ` from ${timeText(start)} to ${timeText(end)}` : '';
  const counts = [
    `${countText(windows)} windows${range}`,
    `${countText(rows)} rows`,
    `${countText(files)} files`,
    bytesText(bytes),
    ...(removed > 0 ? [`${countText(removed)} files removed`] : []),
  ];
  return [
    [`${name}: ${counts.join(', ')}`],
    ...(error !== '' ? [[`  it ended with an error: ${error}`, 'bad'] as const] : []),
    ...(stuck > 0 ? [[`  ${countText(stuck)} files could not be removed: ${why}`, 'bad'] as const] : []),
    ...(foreign > 0
      ? [
          [
            `  ${countText(foreign)} windows stay: another engine merged their files (OPTIMIZE); delete their rows`,
            'warn',
          ] as const,
        ]
      : []),
  ];
}
