import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Refusal } from '../model/errors.ts';
import { isRunnable, splitWords } from './programs.ts';
import { printable } from './text.ts';

/** A text to edit: it can be opened again and again, and stays on disk until it is discarded. */
export interface EditedFile {
  readonly path: string;
  /** Writes `text`, lets the person edit it, returns what they saved. Rejects with a `Refusal`. */
  edit(text: string): Promise<string>;
  /** Removes the file. */
  discard(): Promise<void>;
}

export interface EditorOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Start of the file's name: the cluster. */
  readonly name: string;
  /** Where the editor draws: file descriptor 2 when stdout is not a terminal. */
  readonly stdoutIsTerminal: boolean;
}

/**
 * Prepares an editor: `$VISUAL`, `$EDITOR`, `editor`, `vi`, the first that there is. The file is
 * readable for its owner only: a configuration may hold passwords. Throws a `Refusal` when there is
 * no editor. The text is kept on disk when the editor fails.
 */
export function openEditor(options: EditorOptions): EditedFile {
  const command = editorCommand(options.env);
  // A cluster's name is foreign text: nothing of it may act as a path.
  const name = options.name.replace(/[^\w.-]/g, '_').slice(0, 60);
  const random = randomBytes(6).toString('hex');
  const path = join(options.env.TMPDIR || tmpdir(), `${name}-config-${random}.yaml`);
  let exists = false;
  return {
    path,
    async edit(text) {
      await writeFile(path, text, { mode: 0o600, flag: exists ? 'w' : 'wx' });
      exists = true;
      await runEditor([...command, path], options);
      return readFile(path, 'utf8');
    },
    discard: () => rm(path, { force: true }),
  };
}

function editorCommand(env: EditorOptions['env']): string[] {
  for (const variable of ['VISUAL', 'EDITOR']) {
    const words = splitWords(env[variable] ?? '');
    const [program] = words;
    if (program === undefined) continue;
    if (isRunnable(program, env.PATH)) return words;
    throw new Refusal(
      'no-editor',
      `The editor of $${variable} cannot be run: ${printable(program)}`,
      {
        hint: `set ${variable} to a program that is there, or use --set or --apply`,
      },
    );
  }
  const found = ['editor', 'vi'].find((program) => isRunnable(program, env.PATH));
  if (found) return [found];
  throw new Refusal('no-editor', 'There is no editor: neither editor nor vi can be run', {
    hint: 'set EDITOR, or use --set or --apply',
  });
}

async function runEditor(
  [program = '', ...args]: readonly string[],
  options: EditorOptions,
): Promise<void> {
  const ended = await new Promise<string | undefined>((resolve) => {
    const stdout = options.stdoutIsTerminal ? 1 : 2;
    const child = spawn(program, args, { stdio: [0, stdout, 2], env: { ...options.env } });
    child.once('error', (error) => resolve(`could not be started: ${error.message}`));
    child.once('close', (code, signal) => {
      if (code === 0) resolve(undefined);
      else resolve(signal ? `was ended by ${signal}` : `exited with return code ${code}`);
    });
  });
  if (ended === undefined) return;
  throw new Refusal('editor-failed', `Editor ${printable(ended)}`);
}
