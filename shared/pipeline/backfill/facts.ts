import type { BackfillAsked, BackfillPlan, BackfillReport, Backfills, Millis } from '../../model.ts';

/** Outcomes of backfills as flat objects, for one line of a log or of JSON each. */

type Facts = Readonly<Record<string, string | number>>;

const time = (at: Millis): string => (at === 0 ? '' : new Date(at).toISOString());

export const backfillFacts = ({ signals, start, end, begunAt, next, eta, ...report }: BackfillReport): Facts => ({
  event: 'backfill',
  id: report.id,
  state: report.state,
  app: report.app,
  signals: signals.join(','),
  start: time(start),
  end: time(end),
  only: report.choice,
  concurrency: report.concurrency,
  begun: time(begunAt),
  reached: time(next),
  share: Math.round(report.share * 1000) / 1000,
  eta: time(eta),
  taken: report.taken,
  open: report.open,
  failed: report.failed,
  ...(report.roomless && { roomless: report.roomless }),
  ...(report.remark && { remark: report.remark }),
});

/** What is said of windows that no name has room for. */
export const roomlessText = (count: number): string =>
  `${count} ${count === 1 ? 'window has' : 'windows have'} no room: other apps have that time under this name, and ` +
  'under the others that were looked at; give the app a name that none had before, and backfill again';

/** `time` in milliseconds; rows, bytes, requests and time are guessed from `sampled` windows. */
export const backfillPlanFacts = ({ signals, start, end, choice, ...plan }: BackfillPlan): Facts => ({
  event: 'backfillPlan',
  app: plan.app,
  signals: signals.join(','),
  start: time(start),
  end: time(end),
  only: choice,
  concurrency: plan.concurrency,
  windows: plan.windows,
  skipped: plan.skipped,
  ...(plan.roomless && { roomless: plan.roomless }),
  retired: plan.retired,
  unavailable: plan.unavailable,
  doubtful: plan.doubtful,
  rows: plan.rows,
  bytes: plan.bytes,
  requests: plan.requests,
  time: plan.time,
  sampled: plan.sampled,
});

/** Does what a message asks for; a line for each answer. */
export async function backfillLines(asked: BackfillAsked, backfills: Backfills): Promise<readonly Facts[]> {
  if (asked.do === 'status') return (await backfills.status()).map(backfillFacts);
  if ('wish' in asked && asked.do === 'plan') return [backfillPlanFacts(await backfills.plan(asked.wish))];
  const report = 'wish' in asked ? await backfills.start(asked.wish) : await backfills.order(asked.id, asked.do);
  return [backfillFacts(report)];
}
