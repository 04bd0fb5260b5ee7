/** The kinds of DuckDB's errors whose text is about this machine, and never about a row. */
const MACHINE = /^(Out of Memory|IO) Error:/;
const DUCKDB = /^(?:[A-Z]\w*(?: \w+){0,3} )?(?:Error|Exception): /;

/** `Conversion Error` of `Conversion Error: Could not convert …`; undefined when it is none of DuckDB's. */
export function duckdbKind(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  return DUCKDB.exec(error.message)?.[0].replace(/: $/, '');
}

/**
 * DuckDB (and JSON.parse) quote in their errors what they were working on: rows, which are personal data maybe and belong in no log. Such an
 * error becomes one that says only its kind; it has no cause, for causes are logged too. What is about memory or disk stays as it is.
 */
export function withoutValues(error: unknown, doing: string): unknown {
  const kind = error instanceof SyntaxError ? 'Syntax Error' : duckdbKind(error);
  if (kind === undefined || (error instanceof Error && MACHINE.test(error.message))) return error;
  return new Error(
    `${doing}: ${kind} in the engine (its text may quote records and is left out); the window is tried again`,
  );
}
