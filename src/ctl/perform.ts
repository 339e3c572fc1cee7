import { Interrupted } from '../model/errors.ts';
import { Terminal } from '../system/terminal.ts';
import { printable, printableJson } from '../system/text.ts';
import { isGlobalOption } from './command-line/global-options.ts';
import { envelope } from './envelope.ts';
import { nearest } from './nearest.ts';
import { type OpenSession, openSession } from './open-session.ts';
import { exitCodeFor, failureOf, INTERRUPTED, type Result } from './result.ts';
import type { Session } from './session.ts';

/** The command as it was called: its name and the global flags. */
export interface Invocation {
  readonly command: string;
  readonly configFile: string | undefined;
  readonly dcsUrl: string | undefined;
  readonly insecure: boolean;
  readonly json: boolean;
}

/**
 * Opens a session, runs the use-case, and reports what came of it: the `--json` envelope or one
 * sentence on stderr. Returns the exit code; never rejects.
 */
export async function perform(
  invocation: Invocation,
  useCase: (session: Session) => Promise<Result>,
): Promise<number> {
  const terminal = new Terminal(process, { json: invocation.json });
  const interrupt = interruptSignal();
  try {
    const open = () => openSession(terminal, interrupt.signal, invocation);
    return report(terminal, invocation.command, await run(open, useCase));
  } catch (error) {
    if (process.env.PGHERD_DEBUG && error instanceof Error) terminal.err(error.stack ?? '');
    // What a call says after Ctrl-C is only an echo of it.
    const reason = interrupt.signal.aborted ? interrupt.reason(error) : error;
    const code = report(terminal, invocation.command, failureOf(reason));
    return code === INTERRUPTED ? interrupt.exitCode() : code;
  } finally {
    interrupt.release();
  }
}

/** Reports wrong usage, which is found before a session is opened. Returns the exit code, 2. */
export function reportUsage(command: string, json: boolean, message: string): number {
  const terminal = new Terminal(process, { json });
  const hint = `pgherd ${command} --help shows how to use it`;
  const error = { code: 'usage', message, hint };
  return report(terminal, command, { outcome: 'failed', data: null, error, exitCode: 2 });
}

/** Reports options without a command: `pgherd -k`, or one that is none, `-x`. Returns 2. */
export function reportNoCommand(option: string, json: boolean): number {
  const terminal = new Terminal(process, { json });
  const message = isGlobalOption(option)
    ? 'No command was named'
    : `There is no flag ${printable(option)} that can stand before a command`;
  const error = { code: 'usage', message, hint: 'pgherd help shows all commands' };
  return report(terminal, '', { outcome: 'failed', data: null, error, exitCode: 2 });
}

/** Reports a command that does not exist, with the one that was probably meant. Returns 2. */
export function reportUnknownCommand(
  name: string,
  known: readonly string[],
  json: boolean,
): number {
  const terminal = new Terminal(process, { json });
  const suggestion = nearest(name, known);
  const error = {
    code: 'unknown-command',
    message: `There is no command "${printable(name)}"`,
    hint: suggestion ? `did you mean "${suggestion}"?` : 'pgherd help shows all commands',
  };
  return report(terminal, name, { outcome: 'failed', data: null, error, exitCode: 2 });
}

async function run(
  open: () => Promise<OpenSession>,
  useCase: (session: Session) => Promise<Result>,
): Promise<Result> {
  const session = await open();
  try {
    return await useCase(session);
  } finally {
    await session.close();
  }
}

function report(terminal: Terminal, command: string, result: Result): number {
  if (terminal.json) {
    const document = envelope(command, result, terminal.warnings);
    terminal.raw(`${printableJson(JSON.stringify(document, exactNumbers, 2))}\n`);
  } else if (result.error) {
    terminal.fail(result.error);
  }
  return exitCodeFor(result, process.env.PGHERD_COMPAT === 'patronictl', command);
}

/** A whole number that is too large for readers of JSON is printed as text. */
function exactNumbers(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}

interface Interrupt {
  readonly signal: AbortSignal;
  /** The use-case's own words about the interrupt, or the plain ones. */
  reason(error: unknown): Interrupted;
  /** 130 after Ctrl-C, 143 after SIGTERM. */
  exitCode(): number;
  /** From now on a signal ends the process as it does any other, unless one has come already. */
  release(): void;
}

/** Exit code of a process that SIGTERM ended: a CI job's own time-out, `timeout(1)`. */
const TERMINATED = 143;

/** A signal that Ctrl-C or SIGTERM aborts; the second of them ends the process at once. */
function interruptSignal(): Interrupt {
  const controller = new AbortController();
  const plain = new Interrupted();
  let exitCode = INTERRUPTED;
  const onSignal = (name: NodeJS.Signals): void => {
    exitCode = name === 'SIGTERM' ? TERMINATED : INTERRUPTED;
    if (controller.signal.aborted) process.exit(exitCode);
    controller.abort(plain);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    reason: (error) => (error instanceof Interrupted ? error : plain),
    exitCode: () => exitCode,
    release: () => {
      // The second of two may come only now, and must not change the exit code.
      if (controller.signal.aborted) return;
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}
