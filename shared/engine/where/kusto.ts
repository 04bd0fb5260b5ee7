import { createRequire } from 'node:module';

/**
 * What we use of `@kusto/language-service-next`: a Bridge.NET build that puts its namespaces into globals and exports
 * nothing.
 */
export interface SyntaxNode {
  readonly ChildCount: number;
  GetChild(index: number): SyntaxNode | null;
  /** Text without blanks and comments between its words. */
  ToString(): string;
  readonly TextStart: number;
  readonly End: number;
  readonly LiteralValue?: unknown;
  /** Of expressions: what the parser takes it for. */
  readonly ResultType?: { readonly Name: string } | null;
}

export interface KustoDiagnostic {
  readonly Code: string;
  readonly Message: string;
  readonly Start: number;
  readonly Length: number;
}

interface List<T> {
  readonly Count: number;
  getItem(index: number): T;
}

export interface KustoCode {
  readonly Syntax: SyntaxNode;
  GetDiagnostics(): List<KustoDiagnostic>;
  GetSyntaxDiagnostics(): List<KustoDiagnostic>;
}

type Make<A extends readonly unknown[], T> = new (...args: A) => T;

interface Globals {
  readonly Bridge: { getTypeName(value: unknown): string };
  readonly Kusto: {
    readonly Language: {
      readonly Symbols: {
        /** Name, schema as `(name:type, …)`, description. */
        readonly TableSymbol: { readonly $ctor7: Make<[string, string, null], object> };
        readonly DatabaseSymbol: { readonly ctor: Make<[string, readonly object[]], object> };
      };
      readonly GlobalState: { readonly Default: { WithDatabase(database: object): object } };
      readonly KustoCode: { ParseAndAnalyze(text: string, globals: object): KustoCode };
    };
  };
}

/** A table that texts are bound against; types are those of KQL. */
export interface KustoTable {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

export interface Kusto {
  /** Parses and binds against the tables. */
  analyze(text: string): KustoCode;
  /** Class name of a node, such as `PipeExpression`. */
  typeOf(node: SyntaxNode): string;
}

const schemaOf = (columns: KustoTable['columns']): string =>
  `(${[...new Map(columns.map((c) => [c.name, c.type]))].map(([name, type]) => `['${name}']:${type}`).join(', ')})`;

let loaded: Globals | undefined;

/** Takes a second of processor time and 150 MB, once: nothing loads it that does not have to. */
function load(): Globals {
  if (loaded === undefined) {
    const require = createRequire(import.meta.url);
    require('@kusto/language-service-next/bridge.min.js');
    require('@kusto/language-service-next/Kusto.Language.Bridge.min.js');
    loaded = globalThis as unknown as Globals;
  }
  return loaded;
}

/** Microsoft's own KQL parser with a database of these tables. */
export function kustoWith(tables: readonly KustoTable[]): Kusto {
  const { Bridge, Kusto } = load();
  const { Symbols, GlobalState, KustoCode } = Kusto.Language;
  const symbols = tables.map(({ name, columns }) => new Symbols.TableSymbol.$ctor7(name, schemaOf(columns), null));
  const state = GlobalState.Default.WithDatabase(new Symbols.DatabaseSymbol.ctor('telemetry', symbols));
  return {
    analyze: (text) => KustoCode.ParseAndAnalyze(text, state),
    typeOf: (node) => Bridge.getTypeName(node).replace(/^.*Syntax\.([A-Za-z+]+).*$/, '$1'),
  };
}

export function* itemsOf<T>(list: List<T>): Generator<T> {
  for (let index = 0; index < list.Count; index++) yield list.getItem(index);
}
