import { spawn } from 'node:child_process';
import { isRunnable, splitWords } from './programs.ts';

export interface PagerOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Height of the screen; undefined when there is none. */
  readonly rows: number | undefined;
}

/**
 * Shows a text that is longer than the screen in `$PAGER`, less or more, and waits until it is
 * left. False when it was not shown: it fits the screen, or there is no pager; then print it.
 */
export async function page(text: string, { env, rows }: PagerOptions): Promise<boolean> {
  const [program, ...args] = pagerCommand(env);
  if (program === undefined || rows === undefined) return false;
  if (text.split('\n').length < rows) return false;
  const restore = ignoreInterrupts();
  const shown = await new Promise<boolean>((resolve) => {
    const child = spawn(program, args, { stdio: ['pipe', 'inherit', 'inherit'], env: { ...env } });
    child.once('error', () => resolve(false));
    child.once('close', () => resolve(true));
    // The reader may leave before the end.
    child.stdin.on('error', () => {});
    child.stdin.end(`${text}\n`);
  });
  restore();
  return shown;
}

/** Ctrl-C reaches all programs on the terminal: while a pager runs it means the pager alone. */
function ignoreInterrupts(): () => void {
  const kept = process.listeners('SIGINT');
  const nothing = (): void => {};
  process.removeAllListeners('SIGINT').on('SIGINT', nothing);
  return () => {
    process.off('SIGINT', nothing);
    for (const listener of kept) process.on('SIGINT', listener);
  };
}

/** No words: print without a pager, as with `PAGER=cat` or an empty `PAGER`. */
function pagerCommand(env: PagerOptions['env']): string[] {
  const wanted = splitWords(env.PAGER ?? '');
  const [program] = wanted;
  if (env.PAGER === '' || program === 'cat') return [];
  if (program !== undefined && isRunnable(program, env.PATH)) {
    // Colours, a short text printed at once: what less needs to behave like a terminal.
    return wanted.length === 1 && /(^|\/)less$/.test(program) ? [program, '-FRX'] : wanted;
  }
  if (isRunnable('less', env.PATH)) return ['less', '-FRX'];
  return isRunnable('more', env.PATH) ? ['more'] : [];
}
