import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Action } from '../../../shared/lake/delta/actions.ts';
import { ownFile } from '../../../shared/lake/delta/names.ts';
import { publicationActions, SeenRevision } from '../../../shared/lake/delta/publish.ts';
import { afterEntry, emptySnapshot, type Snapshot } from '../../../shared/lake/delta/snapshot.ts';

/**
 * Every interleaving of three runs of one window that commits to a table, with the decisions of the code itself: claim,
 * put the files (nobody sees them), read the head, ask the ledger, put the entry behind the head, say done. A run may
 * be overtaken at any moment (leases are not modelled: the worst case), may stop for ever at any step, and once another
 * engine may merge what is live (OPTIMIZE).
 * `loseLedger`: once the ledger may be replaced by an empty one; `restoreLedger`: by what it was at any earlier moment.
 *
 * `latePut`: once a put gets no answer; its run looks, finds nothing and ends, and the entry comes at any later moment.
 *
 * Invariants. Every snapshot that a reader can see holds the window at one revision at most, and at none below the
 * last that was done. Where the ledger says done
 * at revision r, the head holds exactly what run r found, and so it stays until another run claims. Rows that were
 * merged are never written again.
 */

const id = 'app=shop/query_1_2';
const path = (revision: number) => `app=shop/date=2026-01-01/query_1_2_r${revision}.parquet`;
const merged = 'app=shop/date=2026-01-01/part-0.parquet';
const add = (name: string) => ({ path: name, partitionValues: {}, size: 1, modificationTime: 0, dataChange: true });

interface Run {
  /** claim → head → check → put → done; `over`: it has come to an end. */
  readonly phase: 'claim' | 'head' | 'check' | 'put' | 'done' | 'over';
  readonly revision: number;
  /** Length of the log when the head was read. */
  readonly head: number;
  /** The run before it was done. */
  readonly afterDone: boolean;
  /** The files of the entry, as the run holds it. */
  readonly known: State['files'];
}
interface State {
  readonly revision: number;
  /** Revision that the ledger says is done, 0: none. */
  readonly done: number;
  readonly files: readonly { readonly path: string; readonly rows: number }[];
  readonly log: readonly (readonly Action[])[];
  readonly runs: readonly Run[];
  readonly optimized: boolean;
  readonly lost: boolean;
  /** A copy of the ledger that somebody made once. */
  readonly copy?: Pick<State, 'revision' | 'done' | 'files'>;
  /** What each revision found: rows or none. */
  readonly found: Readonly<Record<number, boolean>>;
  /** The highest revision that was ever done. */
  readonly best: number;
  /** An entry whose put got no answer and was not there when the run looked: it comes later, or never. */
  readonly late?: { readonly version: number; readonly actions: readonly Action[] };
  readonly wasLate?: boolean;
}
interface Rules {
  /** The other order: the ledger is asked before the head is read. */
  readonly checkFirst?: boolean;
  /** Wrong: a run without rows commits nothing. */
  readonly silentWhenEmpty?: boolean;
  readonly optimize?: boolean;
  readonly loseLedger?: boolean;
  readonly restoreLedger?: boolean;
  /** Once a put gets no answer, and is done at any later moment, long after its run has ended. */
  readonly latePut?: boolean;
  /** Wrong: a ledger that is older than the table is taken for one that knows what was done last. */
  readonly trustOldLedger?: boolean;
}

const snapshotOf = (log: State['log']): Snapshot =>
  log.reduce<Snapshot>((before, actions, version) => afterEntry(before, version, actions), emptySnapshot);

const start = (runs: number): State => ({
  revision: 0,
  done: 0,
  files: [],
  log: [],
  runs: Array.from({ length: runs }, () => ({ phase: 'claim', revision: 0, head: 0, afterDone: false, known: [] })),
  optimized: false,
  lost: false,
  found: {},
  best: 0,
});

/** Every state that one step leads to. */
function next(state: State, rows: readonly boolean[], rules: Rules): State[] {
  const others = [
    ...(rules.optimize && !state.optimized ? optimized(state) : []),
    ...(rules.loseLedger && !state.lost && state.done > 0
      ? [{ ...state, lost: true, revision: 0, done: 0, files: [] }]
      : []),
    ...(rules.restoreLedger && !state.lost && state.copy === undefined && state.done > 0
      ? [{ ...state, copy: { revision: state.revision, done: state.done, files: state.files } }]
      : []),
    ...(state.copy && !state.lost && state.copy.revision < state.revision
      ? [{ ...state, ...state.copy, lost: true }]
      : []),
  ];
  return [
    ...others,
    ...cameLate(state),
    ...state.runs.flatMap((run, at) => stepsOf(state, run, at, rows[at] ?? false, rules)),
  ];
}

/** It is put where nothing was, or loses. */
function cameLate({ late, ...state }: State): State[] {
  if (late === undefined) return [];
  return [state.log.length === late.version ? { ...state, log: [...state.log, late.actions] } : state];
}

function optimized(state: State): State[] {
  const live = [...snapshotOf(state.log).files.keys()];
  if (live.length === 0) return [];
  const remove = live.map((name) => ({ remove: { path: name, dataChange: false } }));
  return [{ ...state, optimized: true, log: [...state.log, [...remove, { add: add(merged) }]] }];
}

function stepsOf(state: State, run: Run, at: number, rows: boolean, rules: Rules): State[] {
  const to = (changed: Partial<Run>, rest: Partial<State> = {}): State => ({
    ...state,
    ...rest,
    runs: state.runs.with(at, { ...run, ...changed }),
  });
  const over = to({ phase: 'over' });
  const ours = state.revision === run.revision;
  if (run.phase === 'over') return [];
  if (run.phase === 'claim') {
    // Runs claim in their order: they are alike.
    if (state.runs.slice(0, at).some(({ phase }) => phase === 'claim')) return [];
    const seen = snapshotOf(state.log).txns.get(id) ?? 0;
    const revision = Math.max(state.revision, seen) + 1;
    const behind = seen > state.revision && rules.trustOldLedger !== true;
    const afterDone = state.done > 0 && !behind;
    const files = rows ? [...state.files, { path: path(revision), rows: 0 }] : state.files;
    const found = { ...state.found, [revision]: rows };
    return [
      to(
        { phase: rules.checkFirst ? 'check' : 'head', revision, afterDone, known: files },
        { revision, files, found, done: 0 },
      ),
      over,
    ];
  }
  if (run.phase === 'head') return [to({ phase: rules.checkFirst ? 'put' : 'check', head: state.log.length }), over];
  if (run.phase === 'check') return ours ? [to({ phase: rules.checkFirst ? 'head' : 'put' }), over] : [over];
  if (run.phase === 'put') return [...putsOf(state, run, rows, rules, to), over];
  if (!ours) return [over];
  const written = rows ? [{ path: path(run.revision), rows: 1 }] : [];
  const kept = run.known.filter((file) => !written.some((each) => each.path === file.path));
  const files = [...written, ...kept.map((file) => ({ ...file, rows: 0 }))];
  // Two runs have one revision where the ledger was restored under the first: the one that is done counts.
  const found = { ...state.found, [run.revision]: rows };
  const best = Math.max(state.best, run.revision);
  return [to({ phase: 'over' }, { done: run.revision, files, found, best }), over];
}

function putsOf(
  state: State,
  run: Run,
  rows: boolean,
  rules: Rules,
  to: (run: Partial<Run>, rest?: Partial<State>) => State,
): State[] {
  // Decided at the head that was read, and by the entry that the run holds.
  const wanted = {
    window: id,
    revision: run.revision,
    add: rows ? [add(path(run.revision))] : [],
    known: run.known,
    afterDone: run.afterDone,
    columns: [],
    marked: false,
  };
  let actions: Action[];
  try {
    actions = publicationActions(snapshotOf(state.log.slice(0, run.head)), wanted, 0, () => 'id');
  } catch (error) {
    // What the table has seen is said, and so is the other engine: the run ends, the ledger has it tried again.
    assert.ok(error instanceof SeenRevision || /OPTIMIZE/.test(String(error)), String(error));
    return [to({ phase: 'over' })];
  }
  if (rules.silentWhenEmpty && !rows && !actions.some((action) => 'remove' in action)) actions = [];
  if (actions.length === 0) return [to({ phase: 'done' })];
  const late = { wasLate: true, late: { version: run.head, actions } };
  const unanswered = rules.latePut && !state.wasLate ? [to({ phase: 'over' }, late)] : [];
  // Somebody else was first: once more from the head.
  if (state.log.length !== run.head) return [to({ phase: rules.checkFirst ? 'check' : 'head' }), ...unanswered];
  return [to({ phase: 'done' }, { log: [...state.log, actions] }), ...unanswered];
}

/** '' or what is wrong in the state. */
function wrong(state: State): string {
  const live = [...snapshotOf(state.log).files.keys()];
  const revisions = live.map((name) => ownFile(name)?.revision ?? 'merged');
  if (revisions.length > 1) return `a reader sees revisions ${revisions.join(' and ')}`;
  const [revision] = revisions;
  if (typeof revision === 'number' && revision < state.best)
    return `a reader sees revision ${revision}, and ${state.best} was done`;
  // A ledger that was restored says what was done by then, until another run claims.
  const asRestored = state.lost && state.copy?.revision === state.revision;
  if (state.done === 0 || asRestored || revisions[0] === 'merged') return '';
  const expected = state.found[state.done] ? [state.done] : [];
  return String(revisions) === String(expected) ? '' : `done at ${state.done}, and a reader sees [${revisions}]`;
}

function explore(rows: readonly boolean[], rules: Rules): { readonly states: number; readonly fault: string } {
  const first = start(rows.length);
  const seen = new Set([JSON.stringify(first)]);
  const stack = [first];
  for (let state = stack.pop(); state !== undefined; state = stack.pop()) {
    const fault = wrong(state);
    if (fault !== '') return { states: seen.size, fault: `${fault}: ${JSON.stringify(state)}` };
    for (const after of next(state, rows, rules)) {
      const key = JSON.stringify(after);
      if (seen.has(key)) continue;
      seen.add(key);
      stack.push(after);
    }
  }
  return { states: seen.size, fault: '' };
}

const cases = [0, 1, 2, 3, 4, 5, 6, 7].map((bits) => [0, 1, 2].map((bit) => (bits & (1 << bit)) !== 0));

/** '' or the first fault; `tell` hears how many states there were. */
function faultOf(rules: Rules, tell: (text: string) => void): string {
  let states = 0;
  for (const rows of cases) {
    const { states: more, fault } = explore(rows, rules);
    if (fault !== '') return fault;
    states += more;
  }
  tell(`${states} states`);
  assert.ok(states > 1000, `${states} states`);
  return '';
}

const holds: readonly (readonly [what: string, ...rules: Rules[]])[] = [
  ['every interleaving of three runs shows readers one revision, and done is what they see', {}],
  ['another engine merges the files: no row is written twice', { optimize: true }],
  ['a ledger that was lost goes on above what the table has seen', { loseLedger: true }],
  ['a ledger that was restored, too', { restoreLedger: true }],
  [
    'a ledger that was lost or restored, and another engine that merges the files: no row is written twice',
    { loseLedger: true, optimize: true },
    { restoreLedger: true, optimize: true },
  ],
  ['a put that is done long after its run gave it up', { latePut: true }, { latePut: true, optimize: true }],
  [
    'and a ledger that was lost or restored',
    { latePut: true, loseLedger: true },
    { latePut: true, restoreLedger: true },
  ],
  // Unlike plain files: the log itself knows the revision. The order is kept, so that who was overtaken commits nothing
  // in vain.
  ['the ledger may be asked before the head', { checkFirst: true }],
];
for (const [what, ...all] of holds)
  test(what, (t) => {
    for (const rules of all)
      assert.equal(
        faultOf(rules, (text) => t.diagnostic(text)),
        '',
      );
  });

test('the model sees what breaks: an old ledger that is trusted', () =>
  assert.match(
    faultOf({ restoreLedger: true, optimize: true, trustOldLedger: true }, () => {}),
    /reader sees revisions/,
  ));

test('the model sees what breaks: a run without rows that commits nothing', () =>
  assert.match(
    faultOf({ silentWhenEmpty: true }, () => {}),
    /reader sees/,
  ));

test('a window whose files are gone is written anew, unless one over the same time is there', () => {
  const own = (stem: string) => `app=shop/date=2026-01-01/query_${stem}.parquet`;
  const gone = own('20260101T0100Z_20260101T0200Z_r1');
  const shown = (path: string): Snapshot => {
    const txn = { appId: 'app=shop/query_20260101T0100Z_20260101T0200Z', version: 1 };
    const left = afterEntry(emptySnapshot, 0, [{ txn }, { add: add(gone) }, { add: add(path) }]);
    return afterEntry(left, 1, [{ remove: { path: gone, dataChange: true } }]);
  };
  const again = (path: string) =>
    publicationActions(
      shown(path),
      {
        ...{ window: 'app=shop/query_20260101T0100Z_20260101T0200Z', revision: 2, columns: [], marked: true },
        ...{ add: [add(gone.replace('_r1', '_r2'))], known: [{ path: gone, rows: 1 }], afterDone: true },
      },
      0,
      () => 'id',
    );
  for (const beside of ['20260101T0000Z_20260101T0100Z_r1', '20260101T0200Z_20260101T0300Z_r4'])
    assert.ok(again(own(beside)).some((action) => 'add' in action && action.add.path === gone.replace('_r1', '_r2')));
  for (const over of ['20260101T0000Z_20260102T0000Z_r1', '20260101T015959Z_20260101T0300Z_r1', '1_2_r1'])
    assert.throws(() => again(own(over)), /1 files of it are not in the table any more, and .* over the same time/);
});
