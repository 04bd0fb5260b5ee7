/** A word of a condition in SQL. `text`: of strings and quoted names what is between the quotes. */
export interface Token {
  readonly kind: 'string' | 'name' | 'quoted' | 'number' | 'sign';
  readonly text: string;
}

const PATTERNS = [
  /\s+|--[^\n]*|\/\*[\s\S]*?\*\//,
  /(?<string>'(?:[^']|'')*')/,
  /(?<quoted>"(?:[^"]|"")*")/,
  /(?<number>\d+(?:\.\d+)?)/,
  /(?<name>[A-Za-z_]\w*)/,
  /(?<sign><>|!=|<=|>=|==|::|->>|[=<>(),-])/,
];
const WORDS = PATTERNS.map(({ source }) => source).join('|');

/** The words of a text as SQL has them; undefined where it has others. */
export function sqlTokens(text: string): readonly Token[] | undefined {
  const tokens: Token[] = [];
  const words = new RegExp(WORDS, 'gy');
  while (words.lastIndex < text.length) {
    const groups = words.exec(text)?.groups;
    if (groups === undefined) return undefined;
    const { string, quoted, number, name, sign } = groups;
    if (string !== undefined) tokens.push({ kind: 'string', text: string.slice(1, -1).replaceAll("''", "'") });
    else if (quoted !== undefined) tokens.push({ kind: 'quoted', text: quoted.slice(1, -1).replaceAll('""', '"') });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number });
    else if (name !== undefined) tokens.push({ kind: 'name', text: name });
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign });
  }
  return tokens;
}
