import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * Splits a command line such as `$EDITOR` into words as a shell would, quotes and backslashes
 * respected, nothing expanded: `code -w`, `"/opt/my editor/vi" -u NONE`.
 */
export function splitWords(line: string): string[] {
  const words = line.match(/(?:"(?:[^"\\]|\\.)*"|'[^']*'|\\.|[^\s"'\\])+/gs) ?? [];
  return words.map((word) =>
    word.replace(
      /"((?:[^"\\]|\\.)*)"|'([^']*)'|\\(.)/gs,
      (_, ...[double, single, escaped]: (string | undefined)[]) =>
        double?.replace(/\\(["\\$`])/g, '$1') ?? single ?? escaped ?? '',
    ),
  );
}

/** True when `program` is a file that may be run, by itself or in one of the folders of `path`. */
export function isRunnable(program: string, path: string | undefined): boolean {
  if (program.includes('/')) return isExecutable(program);
  const folders = (path ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.some((folder) => isExecutable(join(folder, program)));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    // Missing or not allowed: either way it cannot be run.
    return false;
  }
}
