/** The terminal or the pipes, as use-cases may know them. */
export interface Io {
  /** Data, to stdout: one line, or a block of lines; a newline is added. Silent under `--json`. */
  out(text: string): void;
  /** Talk, to stderr: what goes on, and what went wrong. A newline is added. */
  err(text: string): void;
  /** A warning, to stderr as `Warning: …`; under `--json` it is in the envelope too. */
  warn(text: string): void;
  /** True when both stdin and stderr are terminals: only then may a prompt be opened. */
  readonly interactive: boolean;
  /** True when stdout is a terminal. */
  readonly stdoutIsTerminal: boolean;
  /** Width of stderr where it is a terminal on which progress may be drawn over itself. */
  readonly stderrColumns: number | undefined;
  /** True when colour is wanted on stdout. */
  readonly color: boolean;
  /** True under `--json`: the envelope is the only output on stdout. */
  readonly json: boolean;
  /** True once the reader of stdout has gone (`| head`): an endless command stops then. */
  readonly outputClosed: boolean;
  /** Writes to stdout as it is, without a newline: for redrawing a screen. */
  raw(text: string): void;
}
