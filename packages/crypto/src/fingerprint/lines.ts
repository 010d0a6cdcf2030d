/**
 * Lines of equal length, so that two people keep their place while they compare.
 *
 * @module
 */

/** `perLine` items a line, separated by spaces. */
export function inLines(items: readonly string[], perLine: number): string {
  const lines: string[] = [];
  for (let i = 0; i < items.length; i += perLine) {
    lines.push(items.slice(i, i + perLine).join(' '));
  }
  return lines.join('\n');
}
