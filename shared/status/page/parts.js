import { byId, fill, list, make, table } from './dom.js';
import { countText, timeText } from './text.js';

const badges = { complete: '✓', late: '◷', failed: '✕', paused: '‖', empty: '·' };

export function showVerdict({ verdict, at, lake, total }) {
  byId('verdict').dataset.state = verdict.state;
  byId('verdict-badge').textContent = badges[verdict.state];
  byId('verdict-text').textContent = verdict.text;
  const count = Object.values(total.windows).reduce((sum, each) => sum + each, 0);
  const things = [
    `${countText(verdict.feeds)} feeds`,
    `${countText(count)} windows and ${countText(total.written)} rows in this range`,
  ];
  byId('verdict-more').textContent = `${things.join(', ')} · as of ${timeText(at)} UTC`;
  byId('lake').textContent = lake;
  document.title = `${badges[verdict.state]} ${verdict.text.split(';')[0]} – Insights Lake`;
}

/** `look(feed, at)` opens a window, `act(order, body, text)` asks before it steers. */
export function showNeeds({ needs }, look, act) {
  const signs = {
    failed: '✕',
    health: '‖',
    late: '◷',
    missing: '▢',
    quarantine: '!',
    unavailable: '–',
    stopped: '–',
    backfill: '…',
  };
  const words = { rerun: 'Run again…', resume: 'Resume…', backfill: 'Backfill…' };
  const item = (need) => {
    const buttons = [
      need.window &&
        make(
          'button',
          { type: 'button', class: 'quiet', onclick: () => look(need.window, Date.parse(need.window.at)) },
          'Show window',
        ),
      need.action &&
        make(
          'button',
          { type: 'button', onclick: () => act(need.action.order, need.action.body, need.text) },
          words[need.action.order],
        ),
    ].filter(Boolean);
    return make(
      'li',
      { 'data-kind': need.kind },
      make('span', { class: 'sign', 'aria-hidden': 'true' }, signs[need.kind]),
      make('div', {}, make('strong', {}, need.text), make('p', { class: 'advice' }, need.advice)),
      make('div', { class: 'line' }, ...buttons),
    );
  };
  const nothing = make(
    'li',
    { 'data-kind': 'none' },
    make('span', { class: 'sign', 'aria-hidden': 'true' }, '✓'),
    make(
      'div',
      {},
      'Nothing. Failures are tried again by themselves, late rows are looked for, and nothing waits for you.',
    ),
  );
  fill('needs-list', ...(needs.length === 0 ? [nothing] : needs.map(item)));
}

export function showAside({ quarantine, drift }) {
  const none = (text) => make('p', { class: 'soft' }, text);
  const scroll = (label, content) =>
    make('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': label }, content);
  fill(
    'quarantine',
    make('h3', {}, 'Records that could not be read'),
    quarantine.length === 0
      ? none('None in this range.')
      : scroll(
          'Records that could not be read',
          table(
            ['App', 'Signal', 'Source', 'Records'],
            quarantine.map(({ app, signal, source, rows }) => [app, signal, source, countText(rows)]),
            3,
          ),
        ),
  );
  fill(
    'drift',
    make('h3', {}, 'Fields that no schema knows'),
    drift.length === 0
      ? none('None seen.')
      : scroll(
          'Fields that no schema knows',
          table(
            ['App', 'Signal', 'Field', 'First seen', 'Rows'],
            drift.map(({ app, signal, path, firstSeen, count }) => [
              app,
              signal,
              path,
              timeText(firstSeen),
              countText(count),
            ]),
            4,
          ),
        ),
  );
}

export function showBackfills({ backfills }) {
  if (backfills.length === 0) return fill('backfill-list', make('p', { class: 'soft' }, 'None under way.'));
  const item = (each) => {
    const part = Number(each.share ?? 0);
    return make(
      'div',
      {},
      make(
        'h3',
        {},
        `${each.app ?? 'all apps'} ${timeText(String(each.start ?? ''))} to ${timeText(String(each.end ?? ''))}`,
      ),
      make('progress', { max: '1', value: String(part), 'aria-label': `${Math.round(part * 100)} percent` }),
      list(each),
    );
  };
  fill('backfill-list', ...backfills.map(item));
}

export function showHealth({ health }, act) {
  const { state, since, by, reason, commits, succeeded, disabledAt } = health;
  const about = {
    state: { active: '✓ active', paused: '‖ paused', disabled: '– disabled' }[state],
    ...(since && { since: `${timeText(since)} UTC, ${by === 'hand' ? 'by hand' : 'by itself'}` }),
    ...(reason && { reason }),
    'commits of the last hour': `${countText(succeeded)} of ${countText(commits)} succeeded`,
    ...(disabledAt && { 'disabled by itself at': `${timeText(disabledAt)} UTC` }),
  };
  const button = (order, text, why) =>
    make('button', { type: 'button', class: 'quiet', onclick: () => act(order, {}, why) }, text);
  const buttons =
    state === 'active'
      ? [
          button(
            'pause',
            'Pause…',
            'Nothing is written to the lake until it is resumed; what is held is delivered then.',
          ),
          button('disable', 'Disable…', 'As pause, and the lake is not even probed.'),
        ]
      : [button('resume', 'Resume…', 'Windows run again with the next tick, oldest first.')];
  fill('health-view', list(about), make('div', { class: 'line' }, ...buttons));
}

export const showSettings = ({ settings }) => fill('settings-view', list(settings));

export function showFooter({ version, at }, key) {
  const link = (path, text) => make('a', { href: path }, text);
  fill(
    'footer',
    make('span', {}, `Insights Lake ${version.app}, schema ${version.schema}, state ${version.state}`),
    make('span', {}, `all times in UTC; as of ${at}`),
    key ? make('span', {}, 'GET api/status.json has the same numbers') : link('status.json', 'status.json'),
  );
}
