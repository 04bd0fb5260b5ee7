import { byId, fill, list, make, table } from './dom.js';
import { bytesText, countText, spanText, timeText } from './text.js';

/** One window with its error, attempts, files and times. `ask(path)` fetches. */
export async function showWindow(feed, at, ask, act, closed) {
  const dialog = byId('window');
  byId('window-title').textContent = `${feed.app} ${feed.signal}`;
  fill('window-view', make('p', { class: 'soft' }, 'Loading…'));
  if (!dialog.open) dialog.showModal();
  dialog.onclose = closed;
  const query = new URLSearchParams({
    app: feed.app,
    signal: feed.signal,
    source: feed.source,
    at: new Date(at).toISOString(),
  });
  const { status, body } = await ask(`window?${query}`);
  if (status !== 200) {
    const what =
      status === 404 ? 'No window covers this time: it was never planned, or nothing arrived.' : body.error.message;
    return fill('window-view', make('p', {}, what));
  }
  byId('window-title').textContent = `${body.app} ${body.signal}, ${timeText(body.start)} to ${timeText(body.end)} UTC`;
  fill('window-view', ...windowParts(body, act));
}

function windowParts(found, act) {
  const { counts, totals, files } = found;
  const took = found.doneAt && found.startedAt ? spanText(Date.parse(found.doneAt) - Date.parse(found.startedAt)) : '';
  const range = { app: found.app, signals: [found.signal], from: found.start, to: found.end };
  const why = `The window ${timeText(found.start)} to ${timeText(found.end)} of ${found.app} ${found.signal} is read again; its files are replaced when the run has come to its end.`;
  return [
    found.error
      ? make(
          'div',
          { class: 'error' },
          make('strong', {}, found.state === 'failed' ? 'Why it failed' : 'What was said'),
          make('p', {}, found.error),
        )
      : '',
    found.advice ? make('p', {}, found.advice) : '',
    list({
      state: found.state,
      source: found.source,
      'runs so far': `${countText(found.revision)}${found.attempts > 0 ? `, ${countText(found.attempts)} since it was last done` : ''}${found.died > 0 ? `, ${countText(found.died)} ended without a word` : ''}`,
      'last run began': `${timeText(found.startedAt)} UTC${took ? `, took ${took}` : ''}`,
      'last done': found.doneAt ? `${timeText(found.doneAt)} UTC` : 'never',
      ...(found.notBefore && { 'not tried before': `${timeText(found.notBefore)} UTC` }),
      rows: `${countText(counts.read)} read, ${countText(counts.written)} written, ${countText(counts.deduplicated)} deduplicated, ${countText(counts.filtered)} filtered, ${countText(counts.quarantined)} in quarantine`,
      'late and purged rows': `${countText(totals.late)} and ${countText(totals.purged)}`,
      'requests or blobs': `${countText(totals.asked)} in all, ${countText(totals.wasted)} in vain`,
    }),
    make('h3', {}, `${countText(found.fileCount)} files`),
    files.length === 0
      ? make('p', { class: 'soft' }, 'None.')
      : make(
          'div',
          { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Files' },
          table(
            ['Path', 'Rows', 'Size'],
            files.map(({ path, rows, bytes }) => [path, countText(rows), bytesText(bytes)]),
          ),
        ),
    make(
      'div',
      { class: 'line end' },
      make('button', { type: 'button', onclick: () => act('rerun', range, why) }, 'Run again…'),
    ),
  ].filter(Boolean);
}

const titles = {
  rerun: 'Run again',
  pause: 'Pause the lake',
  resume: 'Resume the lake',
  disable: 'Disable the lake',
  backfill: 'Backfill',
};
let steeringKey = '';

/** Says what would happen, asks, and does it. `post(order, body, key)` posts. */
export async function askAndAct(order, body, why, post, done) {
  const dialog = byId('act');
  byId('act-title').textContent = titles[order];
  byId('act-text').textContent = why;
  byId('act-error').textContent = '';
  const key = make('input', { id: 'act-key', type: 'password', autocomplete: 'off' });
  key.value = steeringKey;
  const reason = make('input', { id: 'act-reason', maxlength: '500' });
  const withReason = order === 'pause' || order === 'disable';
  fill(
    'act-fields',
    ...(withReason ? [make('label', { for: 'act-reason' }, 'Reason, for whoever comes after you'), reason] : []),
    make(
      'label',
      { for: 'act-key' },
      'Steering key (the master key of the function app; leave it empty where Entra guards it)',
    ),
    key,
  );
  const go = byId('act-go');
  const parts = { ...body };
  let previewed = false;
  const send = async (dryRun) => {
    steeringKey = key.value;
    const { status, body: answer } = await post(
      order,
      { ...parts, ...(withReason && { reason: reason.value }), dryRun },
      steeringKey,
    );
    if (status < 300) return answer;
    byId('act-error').textContent =
      status === 401 ? 'That key may not steer.' : (answer.error?.message ?? `it answered ${status}`);
    return undefined;
  };
  const preview = async () => {
    const answer = await send(true);
    if (answer === undefined) return;
    previewed = true;
    byId('act-error').textContent = '';
    byId('act-text').textContent = previewText(answer);
    go.textContent = titles[order];
  };
  go.textContent = 'Preview';
  byId('act-form').onsubmit = (event) => {
    event.preventDefault();
    // Not disabled: a button that is loses the focus, and whoever has only a keyboard the way.
    if (go.ariaDisabled === 'true') return;
    go.ariaDisabled = 'true';
    const finish = async () => {
      if (!previewed) return preview();
      if ((await send(false)) === undefined) return undefined;
      dialog.close();
      return done();
    };
    void finish().finally(() => {
      go.ariaDisabled = null;
    });
  };
  byId('act-cancel').onclick = () => dialog.close();
  dialog.showModal();
  // Where no key is needed the preview is there at once.
  await preview();
  byId('act-error').textContent = '';
  if (!previewed) key.focus();
}

function previewText(answer) {
  if (answer.before)
    return answer.before === answer.after
      ? `The lake is ${answer.after} already.`
      : `The lake is ${answer.before}; it becomes ${answer.after}.`;
  if (answer.chosen !== undefined)
    return `${countText(answer.chosen)} of ${countText(answer.windows)} windows of the range run again; their last runs took ${countText(answer.asked)} requests or blobs for ${countText(answer.rows)} rows.${answer.open > 0 ? ` ${countText(answer.open)} are on their way anyway.` : ''}`;
  return Object.entries(answer)
    .filter(([, value]) => typeof value === 'number')
    .map(([name, value]) => `${countText(value)} ${name}`)
    .join(', ');
}
