import { printableLines } from '../../system/text.ts';

/**
 * A unified diff of two texts, with three lines around each change, as Python's `difflib` prints
 * it; empty when they are alike. Without a newline at its end.
 */
export async function unifiedDiff(before: string, after: string): Promise<string> {
  const { structuredPatch } = await import('diff');
  const patch = structuredPatch('', '', before, after, undefined, undefined, { context: 3 });
  if (patch.hunks.length === 0) return '';
  const hunks = patch.hunks.flatMap((hunk) => [
    `@@ -${range(hunk.oldStart, hunk.oldLines)} +${range(hunk.newStart, hunk.newLines)} @@`,
    ...hunk.lines,
  ]);
  return ['--- ', '+++ ', ...hunks].join('\n');
}

/** The diff as a terminal shows it: safe characters, and colours where they are wanted. */
export async function paintDiff(diff: string, color: boolean): Promise<string> {
  const safe = printableLines(diff);
  if (!color) return safe;
  const { Chalk } = await import('chalk');
  const chalk = new Chalk({ level: 1 });
  const paint = (line: string): string => {
    if (/^(---|\+\+\+) $/.test(line)) return chalk.bold(line);
    if (line.startsWith('@@')) return chalk.cyan(line);
    if (line.startsWith('-')) return chalk.red(line);
    return line.startsWith('+') ? chalk.green(line) : line;
  };
  return safe.split('\n').map(paint).join('\n');
}

/** `start,length`, where a length of one is not written. */
function range(start: number, length: number): string {
  return length === 1 ? String(start) : `${start},${length}`;
}
