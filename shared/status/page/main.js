import { redrawCharts, showCharts } from './charts.js';
import { askAndAct, showWindow } from './dialogs.js';
import { byId, fill, make } from './dom.js';
import { showAside, showBackfills, showFooter, showHealth, showNeeds, showSettings, showVerdict } from './parts.js';
import { redrawStrips, showLegend, showStrips } from './strips.js';

const ranges = {
  '90d': ['90 d', '1d'],
  '30d': ['30 d', '1d'],
  '7d': ['7 d', '6h'],
  '2d': ['2 d', '1h'],
  '1d': ['1 d', '15m'],
};
/** Looks again once a minute, while somebody can see it and for an hour after they last did something. */
const every = 60_000;
const patience = 3_600_000;
const hour = 3_600_000;

const url = new URL(location.href);
let key = url.searchParams.get('code') ?? sessionStorage.getItem('key') ?? '';
if (url.searchParams.has('code')) {
  url.searchParams.delete('code');
  history.replaceState(null, '', url);
}
let status;
let timer;
let failures = 0;
let touched = Date.now();
const state = () => Object.fromEntries(new URL(location.href).searchParams);

/** What is looked at stands in the address: it can be sent to others, and Back goes back. */
function go(change, replace = false) {
  const next = new URL(location.href);
  for (const [name, value] of Object.entries(change)) {
    if (value === '' || value === undefined) next.searchParams.delete(name);
    else next.searchParams.set(name, value);
  }
  history[replace ? 'replaceState' : 'pushState'](null, '', next);
}

async function ask(path, options = {}, own = key) {
  const headers = { accept: 'application/json', ...(own && { 'x-functions-key': own }), ...options.headers };
  const response = await fetch(path, { ...options, headers, cache: 'no-store' });
  const text = await response.text();
  let body = {};
  try {
    body = JSON.parse(text);
  } catch {}
  return { status: response.status, body };
}

const post = (order, body, own) =>
  ask(order, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }, own);

function query() {
  const { range = '30d', from, to, grain, app } = state();
  const asked = new URLSearchParams();
  if (from && to) {
    asked.set('from', from);
    asked.set('to', to);
    if (grain) asked.set('grain', grain);
  } else {
    const [days, cell] = [Number.parseInt(range, 10) || 30, ranges[range]?.[1] ?? '1d'];
    const end = Math.ceil(Date.now() / hour) * hour;
    const step = days > 2 ? 24 * hour : hour;
    asked.set('from', new Date(Math.floor((end - days * 24 * hour) / step) * step).toISOString());
    asked.set('to', new Date(end).toISOString());
    asked.set('grain', cell);
  }
  if (app) asked.set('app', app);
  return asked;
}

async function load() {
  clearTimeout(timer);
  try {
    const { status: code, body } = await ask(`status.json?${query()}`);
    if (code === 401) return askForKey(key ? 'That key was refused.' : '');
    if (code !== 200) throw new Error(body.error?.message ?? `The API answered ${code}.`);
    failures = 0;
    if (key) sessionStorage.setItem('key', key);
    status = body;
    show();
  } catch (error) {
    failures += 1;
    byId('verdict').dataset.state = 'failed';
    byId('verdict-badge').textContent = '?';
    byId('verdict-text').textContent = 'The status cannot be read';
    byId('verdict-more').textContent = String(error.message ?? error);
  }
  plan();
  return undefined;
}

function plan() {
  clearTimeout(timer);
  const isOn = state().refresh !== 'off';
  byId('refresh').textContent = isOn ? '⟳ every minute' : '⟳ off';
  byId('refresh').setAttribute('aria-pressed', String(isOn));
  if (!isOn || document.hidden || Date.now() - touched > patience) return;
  timer = setTimeout(load, Math.min(every * 2 ** failures, 10 * every));
}

function askForKey(why) {
  byId('key-form').hidden = false;
  byId('all').hidden = true;
  byId('verdict').dataset.state = 'empty';
  byId('verdict-badge').textContent = '·';
  byId('verdict-text').textContent = 'A key, please';
  byId('key-error').textContent = why;
  byId('key').focus();
}

const look = (feed, at) => {
  go({ window: `${feed.app}|${feed.signal}|${feed.source}|${new Date(at).toISOString()}` });
  openWindow();
};

function openWindow() {
  const [app, signal, source, at] = (state().window ?? '').split('|');
  if (!at) return byId('window').close();
  return showWindow({ app, signal, source }, Date.parse(at), ask, act, () => go({ window: '' }, true)).catch(() =>
    byId('window').close(),
  );
}

const act = (order, body, why) => askAndAct(order, body, why, post, load);

function show() {
  byId('key-form').hidden = true;
  byId('all').hidden = false;
  showVerdict(status);
  showNeeds(status, look, act);
  showLegend(status.letters);
  const focused = document.activeElement?.getAttribute('aria-label');
  showStrips(status, look);
  if (focused)
    for (const strip of document.querySelectorAll('.strip'))
      if (strip.getAttribute('aria-label') === focused) strip.focus();
  showCharts(status);
  showAside(status);
  showBackfills(status);
  showHealth(status, act);
  showSettings(status);
  showFooter(status, key);
  showApps();
}

function showApps() {
  const { app = '' } = state();
  const names = [
    ...new Set([app, ...status.feeds.map((feed) => feed.app), ...[...byId('app').options].map(({ value }) => value)]),
  ]
    .filter(Boolean)
    .sort();
  fill('app', make('option', { value: '' }, 'all apps'), ...names.map((name) => make('option', { value: name }, name)));
  byId('app').value = app;
}

function showRanges() {
  const { range = '30d', from } = state();
  const button = ([value, [text]]) =>
    make(
      'button',
      {
        type: 'button',
        title: text.replace('d', 'days'),
        'aria-pressed': String(!from && value === range),
        onclick: () => choose({ range: value, from: '', to: '', grain: '' }),
      },
      text,
    );
  fill('ranges', ...Object.entries(ranges).map(button));
}

function choose(change) {
  go(change);
  showRanges();
  return load();
}

byId('app').addEventListener('change', ({ target }) => choose({ app: target.value }));
byId('refresh').addEventListener('click', () => {
  go({ refresh: state().refresh === 'off' ? '' : 'off' }, true);
  plan();
});
byId('window-close').addEventListener('click', () => byId('window').close());
byId('key-form').addEventListener('submit', (event) => {
  event.preventDefault();
  key = byId('key').value;
  return load();
});
for (const name of ['pointerdown', 'keydown'])
  addEventListener(name, () => {
    const waited = Date.now() - touched > patience;
    touched = Date.now();
    if (waited) void load();
  });
addEventListener('visibilitychange', () => (document.hidden ? clearTimeout(timer) : load()));
addEventListener('popstate', () => {
  showRanges();
  openWindow();
  return load();
});
let redraw;
addEventListener('resize', () => {
  cancelAnimationFrame(redraw);
  redraw = requestAnimationFrame(redrawAll);
});
const redrawAll = () => {
  redrawStrips();
  redrawCharts();
};
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redrawAll);

showRanges();
void load().then(() => state().window && openWindow());
