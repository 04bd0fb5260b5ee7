import { shown } from '../../shared/config/secret.ts';
import type { BackfillAsked, BackfillPlan, BackfillReport, Backfills } from '../../shared/model.ts';
import { backfillFacts, backfillPlanFacts, roomlessText } from '../../shared/pipeline/backfill/facts.ts';
import type { Command, Edge } from '../command.ts';
import { type ExitCode, exitCodes, usage } from '../failure.ts';
import { isSet, type Options, textOf } from '../flags/options.ts';
import { settingsFor } from '../operations/state.ts';
import { rangeOf, signalsOf } from '../request/range.ts';
import { bytesText, countText, spanText, timeText } from '../terminal/numbers.ts';

const whats = ['plan', 'start', 'pause', 'resume', 'cancel', 'status'] as const;

export const backfillCommand: Command = {
  name: 'backfill',
  forms: [['<what> [--settings <file>]', 'past windows, beside the live ones']],
  words: 'plan, start, pause, resume, cancel or status',
  about: `\
A range of past windows of an app of the query API, brought in by the deployed app beside its live windows: from a queue
of its own, a few at a time, so that live windows are not late for it. Windows that are done stay as they are unless
asked for (--only all).

plan    says how many windows that would be, and guesses rows, bytes, requests and time from some that it counts
start   begins it; pause, resume and cancel take its name (--id)
status  lists all of them and how far they are`,
  examples: `insights-lake backfill plan --settings deployed.json --app shop --from 2025-01-01 --to 2026-01-01
insights-lake backfill start --settings deployed.json --signals requests,traces --from 2025-01-01 --to 2026-01-01
insights-lake backfill status --settings deployed.json`,
  exits: {
    0: 'done',
    1: 'it could not be done, or the state of the app could not be read or written',
    2: 'wrong usage or settings; nothing was done',
    130: 'interrupted (Ctrl-C)',
  },
  run: backfill,
};

async function backfill(options: Options, { terminal, operations }: Edge): Promise<ExitCode> {
  const asked = askedOf(options);
  const env = settingsFor(options, terminal);
  const given = await (await operations()).backfill((backfills) => answer(asked, backfills), env);
  const isJson = isSet(options, 'json');
  const { plan, reports = [] } = given;
  if (isJson) {
    const found = plan === undefined ? { backfills: reports.map(withoutEvent) } : { plan: planJson(plan) };
    terminal.out(`${JSON.stringify({ command: 'backfill', exitCode: 0, ...found }, null, 2)}\n`);
  } else if (plan !== undefined) terminal.out(`${planLines(plan, asked).join('\n')}\n`);
  else terminal.out(reports.length === 0 ? 'there is no backfill\n' : `${reports.flatMap(linesOf).join('\n')}\n`);
  if (asked.do === 'start' && !isJson)
    terminal.out(
      'insights-lake backfill status tells how far it is; pause, resume and cancel take its name with --id\n',
    );
  return exitCodes.done;
}

interface Answer {
  readonly plan?: BackfillPlan;
  readonly reports?: readonly BackfillReport[];
}

async function answer(asked: BackfillAsked, backfills: Backfills): Promise<Answer> {
  if (asked.do === 'status') return { reports: await backfills.status() };
  if ('id' in asked) return { reports: [await backfills.order(asked.id, asked.do)] };
  if (asked.do === 'plan') return { plan: await backfills.plan(asked.wish) };
  return { reports: [await backfills.start(asked.wish)] };
}

function askedOf(options: Options): BackfillAsked {
  const [word, ...more] = options.positionals;
  const what = whats.find((each) => each === word);
  const said = word === undefined ? 'none is given' : `it is ${shown(options.positionals.join(' '))}`;
  if (what === undefined || more.length > 0)
    throw usage(`backfill: must be followed by one of ${whats.join(', ')}; ${said}`);
  if (what === 'status') return { do: what };
  if (what !== 'plan' && what !== 'start') {
    const id = textOf(options, 'id');
    if (id === undefined) throw usage(`backfill ${what}: --id names which; insights-lake backfill status lists them`);
    return { do: what, id };
  }
  const { start, end, app } = rangeOf(options, 0);
  if (!Number.isFinite(start) || !Number.isFinite(end))
    throw usage(`backfill ${what}: --from and --to say which range; both are needed`);
  const choice = { missing: 'missing', failed: 'failed', all: 'all' } as const;
  const only = textOf(options, 'only') ?? 'missing';
  if (!Object.hasOwn(choice, only))
    throw usage(`backfill: --only must be missing, failed or all; it is ${shown(only)}`);
  const many = textOf(options, 'concurrency');
  if (many !== undefined && !/^(1?[1-9]|10|20)$/.test(many))
    throw usage(`backfill: --concurrency must be a number from 1 to 20; it is ${shown(many)}`);
  const concurrency = many === undefined ? undefined : Number(many);
  const wish = {
    app,
    signals: signalsOf(options),
    start,
    end,
    choice: choice[only as keyof typeof choice],
    concurrency,
  };
  return { do: what, wish };
}

function planLines(plan: BackfillPlan, asked: BackfillAsked): readonly string[] {
  const { app, signals, windows, skipped, roomless, retired, unavailable, doubtful } = plan;
  return [
    `${app}, ${signals.join(', ')}: ${countText(windows)} windows would run, ${countText(skipped)} are done or on ` +
      'their way',
    ...(roomless ? [roomlessText(roomless)] : []),
    ...(retired === 0
      ? []
      : [`${countText(retired)} windows are older than what the lake keeps (LAKE_RETENTION), and stay retired`]),
    ...(unavailable === 0
      ? []
      : [`${countText(unavailable)} windows are older than what the source keeps (QUERY_RETENTION), and are left out`]),
    ...(doubtful === 0
      ? []
      : [
          `${countText(doubtful)} windows are older than 90 days, the usual retention: those of which the source has ` +
            'no rows become unavailable, not done (set QUERY_RETENTION to what its tables keep)',
        ]),
    ...('wish' in asked && asked.wish.end > plan.end
      ? [`windows from ${timeText(plan.end)} on are the planner's, and are left out`]
      : []),
    ...(windows === 0 ? [nothingLeft(plan)] : guesses(plan)),
  ];
}

const nothingLeft = ({ skipped, choice }: BackfillPlan): string =>
  skipped > 0 && choice !== 'all'
    ? 'nothing is left to bring in; with --only all those that are done would run once more'
    : 'nothing is left to bring in';

function guesses({ rows, bytes, requests, time, sampled, concurrency }: BackfillPlan): readonly string[] {
  return [
    `about ${countText(rows)} rows, ${bytesText(bytes)}, ${countText(requests)} requests, ` +
      `${spanText(time)} with ${concurrency} at a time; guessed from ${countText(sampled)} windows that were counted`,
    'insights-lake backfill start with the same flags begins it',
  ];
}

const linesOf = (report: BackfillReport): readonly string[] => [
  lineOf(report),
  ...(report.roomless ? [`left out so far: ${roomlessText(report.roomless)}`] : []),
  ...(report.remark ? [report.remark] : []),
];

function lineOf({ id, state, app, signals, start, end, share, taken, open, failed, eta }: BackfillReport): string {
  const range = `${timeText(start)} to ${timeText(end)}`;
  const counts = [
    `${Math.floor(share * 100)} %`,
    `${countText(taken)} windows handed out`,
    ...(open > 0 ? [`${countText(open)} under way`] : []),
    ...(failed > 0 ? [`${countText(failed)} failed, and are tried again`] : []),
    ...(eta > 0 ? [`done about ${timeText(eta - (eta % 60_000))}`] : []),
  ];
  return `${id}  ${state}  ${app} ${signals.join(',')}  ${range}: ${counts.join(', ')}`;
}

function withoutEvent(report: BackfillReport): object {
  const { event: _, ...facts } = backfillFacts(report);
  return facts;
}

function planJson(plan: BackfillPlan): object {
  const { event: _, ...facts } = backfillPlanFacts(plan);
  return facts;
}
