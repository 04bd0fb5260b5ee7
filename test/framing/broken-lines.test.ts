import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brokenLines } from '../../shared/framing/broken-lines.ts';

const rows: readonly (readonly [what: string, text: string, lines: number])[] = [
  ['a line', 'x', 1],
  ['nothing', '', 1],
  ['blank lines', ' \n\r\n \t\n', 1],
  ['lines of text', 'x\ny\n\nz', 3],
  ['lines of text with line ends of two bytes', 'x\r\ny\r\n', 2],
  ['lines of a closing bracket', '}\n}\n}', 3],
  ['indented ones', ' }\n }\n', 2],
  ['lines of an opening one', '[\n[\n[', 3],
  ['lines of signs', '":\n,\n"\n', 3],
  ['records that are cut short', '{"a":\n{"a":\n{"a":', 3],
  ['a record over lines, cut short', '{\n  "a": 1,\n  "b": [\n    1\n', 1],
  ['a record over lines that ends wrongly', '{\n  "a": 1,\n  "b": 2,\n}\n', 1],
  ['two of them', '{\n  "a": 1,\n}\n{\n  "a": 1,\n}\n', 2],
  ['one, and brackets too many', '{\n  "a": 1,\n}\n}\n}\n', 3],
  ['NUL in lines', '\0\0\n\0\n', 2],
];
for (const [what, text, lines] of rows)
  test(`${what}: ${lines}`, () => assert.equal(brokenLines(Buffer.from(text)), lines));
