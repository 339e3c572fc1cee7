import { Refusal } from '../../model/errors.ts';
import { readText } from '../../system/read-text.ts';

/**
 * The SQL of `--command` or `--file` (`-`: stdin). Exactly one of them must be there. Ctrl-C ends
 * the wait for a stdin that says nothing.
 */
export async function querySql(
  options: { readonly command: string | undefined; readonly file: string | undefined },
  signal: AbortSignal,
): Promise<string> {
  const { command, file } = options;
  if (command !== undefined && file !== undefined) {
    throw new Refusal('usage', '--file and --command are mutually exclusive options');
  }
  if (command !== undefined) return command;
  if (file === undefined) {
    throw new Refusal('usage', 'You need to specify either --command or --file');
  }
  return readText(file, signal);
}
