/** The canonical form of one telemetry record, from which every rendering is made. Types only. */

/**
 * Text, number (int or real), boolean (`success` only) or null. Timestamps are UTC text with seven fractional digits,
 * dynamic columns JSON text or null, strings never null (Kusto has no null string).
 */
export type Cell = string | number | boolean | null;

/**
 * One record, keyed by the column names of the app tables. `_ResourceId` may be set to say which component of a
 * workspace it is of.
 */
export type Row = Readonly<Record<string, Cell>>;
