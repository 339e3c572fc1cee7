import xterm from '@xterm/headless';

/** What a person sees on a terminal at one moment. */
export interface Seen {
  /** As many as the terminal has rows, without blanks at their ends. */
  readonly lines: readonly string[];
  readonly text: string;
  /** A program has taken the whole screen. */
  readonly alternate: boolean;
  readonly wraps: boolean;
}

/** A terminal without a window: takes what a program writes, knows what is seen then. */
export interface Screen {
  write(data: string): void;
  resize(columns: number, rows: number): void;
  look(): Promise<Seen>;
}

export function openScreen(cols: number, rows: number): Screen {
  const terminal = new xterm.Terminal({ cols, rows, allowProposedApi: true });
  return {
    write: (data) => terminal.write(data),
    resize: (columns, height) => terminal.resize(columns, height),
    async look() {
      // It reads what it was given when it has time to.
      await new Promise<void>((resolve) => terminal.write('', resolve));
      const { active } = terminal.buffer;
      const lines = Array.from({ length: terminal.rows }, (_, row) =>
        (active.getLine(active.baseY + row)?.translateToString(true) ?? '').trimEnd(),
      );
      const text = lines.join('\n');
      const alternate = active.type === 'alternate';
      return { lines, text, alternate, wraps: terminal.modes.wraparoundMode };
    },
  };
}
