/** How many lines of bytes hold anything. */
export function linesIn(bytes: Uint8Array): number {
  let lines = 0;
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline < 0 ? bytes.length : newline;
    let first = start;
    while (first < end && (bytes[first] ?? 0) <= 0x20) first++;
    if (first < end) lines++;
    start = end + 1;
  }
  return lines;
}
