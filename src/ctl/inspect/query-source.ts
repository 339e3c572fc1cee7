import { readFile } from 'node:fs/promises';
import { Refusal } from '../../model/errors.ts';
import { printable } from '../../system/text.ts';

/** The SQL of `--command` or `--file` (`-`: stdin). Exactly one of them must be there. */
export async function querySql(options: {
  readonly command: string | undefined;
  readonly file: string | undefined;
}): Promise<string> {
  const { command, file } = options;
  if (command !== undefined && file !== undefined) {
    throw new Refusal('usage', '--file and --command are mutually exclusive options');
  }
  if (command !== undefined) return command;
  if (file === undefined) {
    throw new Refusal('usage', 'You need to specify either --command or --file');
  }
  try {
    return await readFile(file === '-' ? '/dev/stdin' : file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Refusal('unreadable-file', `Could not read ${printable(file)}: ${printable(reason)}`);
  }
}
