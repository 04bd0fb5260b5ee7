/** As CSV has them: 16 digits before the point at most, and exponents of two digits. */
export function plainReal(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
  return withPoint(value);
}

/** JSON knows no NaN and no infinity: they become strings. */
export function jsonReal(value: number): string {
  if (!Number.isFinite(value)) return `"${value}"`;
  return withPoint(value).replace('e+', 'e');
}

/** Shows in any case that the number is no whole one by its type. */
function withPoint(value: number): string {
  const text = Object.is(value, -0) ? '-0' : String(value);
  return Number.isInteger(value) && !text.includes('e') ? `${text}.0` : text;
}
