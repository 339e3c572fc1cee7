import { readFileSync } from 'node:fs';
import { type IPty, spawn } from '@lydell/node-pty';
import { atExit, sendSignal, waitFor } from './processes.ts';
import { BARE_ENV, RUN_JS } from './run-cli.ts';
import { openScreen, type Seen } from './screen.ts';

export interface PtyOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cols?: number;
  readonly rows?: number;
  readonly cwd?: string;
  /** Where stdout goes instead of the terminal: a file. */
  readonly stdoutFile?: string;
}

/** How a program on a terminal ended. */
interface PtyEnd {
  readonly code: number;
  /** All that was written, with its escape sequences. */
  readonly raw: string;
  /** The same without escape sequences, lines ended by newlines. */
  readonly text: string;
  /** The terminal's settings are what they were before. */
  readonly restored: boolean;
  /** The cursor can be seen. */
  readonly cursorVisible: boolean;
}

/** A pgherd on a terminal of its own. */
export interface OnTerminal {
  /** So far, without escape sequences. */
  readonly text: string;
  /** Resolves when `pattern` is found behind what the last call found. */
  shows(pattern: RegExp): Promise<void>;
  /** Resolves when the screen, as a person sees it now, has what `pattern` finds. */
  sees(pattern: RegExp): Promise<Seen>;
  resize(columns: number, rows: number): void;
  /** Sends a signal to pgherd, not to the shell that has started it. */
  signal(name: NodeJS.Signals): void;
  /** Types keys; `\r` is Enter, `\x03` is Ctrl-C. */
  type(keys: string): void;
  readonly ended: Promise<PtyEnd>;
}

/** What the shell waits for: its last words were read. A terminal that closes may lose them. */
const SEEN = '@seen';

// The shell outlives Ctrl-C, so that it can tell how pgherd ended and left the terminal.
const SCRIPT = [
  'trap : INT',
  'before=$(stty -g)',
  'if [ -n "$STDOUT_FILE" ]; then "$@" >"$STDOUT_FILE"; else "$@"; fi',
  'code=$?',
  // A Ctrl-C that came too late for pgherd must not end stty.
  'trap "" INT',
  // On a line of its own: a key that came in between may have been echoed.
  'echo',
  '[ "$before" = "$(stty -g)" ] && echo "@restored"',
  'stty "$before" -echo',
  'echo "@exit $code"',
  `until read -r answer && [ "$answer" = "${SEEN}" ]; do :; done`,
].join('\n');

/** Runs pgherd on a terminal of 100 by 24; it is killed after a minute at the latest. */
export function onTerminal(args: readonly string[], options: PtyOptions = {}): OnTerminal {
  const { env = {}, cols = 100, rows = 24, cwd, stdoutFile = '' } = options;
  const terminal = spawn('/bin/sh', ['-c', SCRIPT, 'sh', process.execPath, RUN_JS, ...args], {
    name: env.TERM ?? 'xterm-256color',
    cols,
    rows,
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...BARE_ENV, TERM: 'xterm-256color', ...env, STDOUT_FILE: stdoutFile },
  });
  let raw = '';
  let seen = 0;
  const screen = openScreen(cols, rows);
  const text = (): string => plain(raw);
  let answered = false;
  terminal.onData((data) => {
    raw += data;
    screen.write(data);
    if (answered || !data.includes('\n') || !LAST_WORDS.test(text())) return;
    answered = true;
    terminal.write(`${SEEN}\r`);
  });
  return {
    get text() {
      return text();
    },
    async shows(pattern) {
      const find = (): RegExpExecArray | null => pattern.exec(text().slice(seen));
      const found = async (): Promise<boolean> => find() !== null || /^@exit/m.test(text());
      await waitFor(`${pattern} on the terminal`, found, 30_000).catch(() => {});
      const match = find();
      if (!match) throw new Error(`No ${pattern} in:\n${text()}`);
      seen += match.index + match[0].length;
    },
    async sees(pattern) {
      const looked = async (): Promise<Seen | undefined> => {
        const now = await screen.look();
        return pattern.test(now.text) ? now : undefined;
      };
      return waitFor(`${pattern}`, looked, 30_000).catch(async () => {
        throw new Error(`No ${pattern} on the screen:\n${(await screen.look()).text}`);
      });
    },
    resize(columns, height) {
      screen.resize(columns, height);
      terminal.resize(columns, height);
    },
    signal(name) {
      const { pid } = terminal;
      const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
      for (const child of children.split(' ')) sendSignal(Number(child), name);
    },
    type: (keys) => terminal.write(keys),
    ended: endOf(terminal, () => raw),
  };
}

const LAST_WORDS = /^@exit (\d+)\n/m;

function endOf(terminal: IPty, raw: () => string): Promise<PtyEnd> {
  const kill = (): void => terminal.kill('SIGKILL');
  const forget = atExit(kill);
  const timer = setTimeout(kill, 60_000);
  return new Promise((resolve) => {
    terminal.onExit(() => {
      clearTimeout(timer);
      forget();
      const text = plain(raw());
      resolve({
        code: Number(LAST_WORDS.exec(text)?.[1] ?? -1),
        raw: raw(),
        text,
        restored: /^@restored$/m.test(text),
        cursorVisible: raw().lastIndexOf('\u001b[?25l') <= raw().lastIndexOf('\u001b[?25h'),
      });
    });
  });
}

const ESCAPE_SEQUENCE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the purpose
  /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007]*\u0007|[@-Z\\-_])/g;

/** What was on a screen that a program took for itself and gave back: nobody sees it any more. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the purpose
const ALTERNATE_SCREEN = /\u001b\[\?1049h[\s\S]*?\u001b\[\?1049l/g;

/** Escape sequences out, lines ended by newlines. */
function plain(raw: string): string {
  return raw.replace(ALTERNATE_SCREEN, '').replace(ESCAPE_SEQUENCE, '').replace(/\r/g, '');
}
