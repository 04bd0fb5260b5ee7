/**
 * The words of the domain and the ports through which the pipeline meets the world. Types only, no code.
 * Vocabulary: see docs/architecture.md. All instants are milliseconds since 1970-01-01 UTC; all intervals are
 * half-open.
 */

export type * from './model/backfill.ts';
export type * from './model/belonging.ts';
export type * from './model/budget.ts';
export type * from './model/clock.ts';
export type * from './model/engine.ts';
export type * from './model/files.ts';
export type * from './model/health.ts';
export type * from './model/hints.ts';
export type * from './model/ledger.ts';
export type * from './model/ledger-table.ts';
export type * from './model/settings.ts';
export type * from './model/source.ts';
export type * from './model/stores.ts';
export type * from './model/tables.ts';
export type * from './model/tally.ts';
export type * from './model/windows.ts';
