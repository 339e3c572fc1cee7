import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { loadCtlSettings } from '../config/ctl-settings.ts';
import { connectSql } from '../postgres/sql.ts';
import { systemClock } from '../system/clock.ts';
import type { Terminal } from '../system/terminal.ts';
import { terminalPrompt } from '../system/terminal-prompt.ts';
import { type CallLog, loggedMemberApi, loggedStore, wantsCallLog } from './call-log.ts';
import type { Session } from './session.ts';

/** The options that every command has. */
export interface SessionOptions {
  readonly configFile: string | undefined;
  readonly dcsUrl: string | undefined;
  readonly insecure: boolean;
}

/** A session that must be closed, so that no connection keeps the process alive. */
export interface OpenSession extends Session {
  close(): Promise<void>;
}

/**
 * Reads the configuration and makes a session of it. Nothing is connected before it is used.
 * Rejects with a `Refusal` when the configuration cannot be used.
 */
export async function openSession(
  terminal: Terminal,
  signal: AbortSignal,
  options: SessionOptions,
): Promise<OpenSession> {
  const env = process.env;
  const settings = await loadCtlSettings({
    ...(options.configFile === undefined ? {} : { configFile: options.configFile }),
    ...(options.dcsUrl === undefined ? {} : { dcsUrl: options.dcsUrl }),
    insecure: options.insecure,
    env,
    home: homedir(),
  });
  for (const warning of settings.warnings) terminal.warn(warning);
  const log: CallLog | undefined = wantsCallLog(env)
    ? { clock: systemClock, write: (line) => terminal.err(line) }
    : undefined;
  // Loaded when needed: `version` needs no store, `list` needs no REST API.
  const store = once(async () => {
    const { openStore } = await import('../dcs/open.ts');
    const warn = (text: string) => terminal.warn(text);
    const { callTimeoutMs } = settings;
    const opened = await openStore(settings, { callTimeoutMs, warn, readFile });
    return log ? loggedStore(opened, log) : opened;
  });
  const rest = once(async () => {
    const { openMemberApi } = await import('../rest/client.ts');
    const defaultTimeoutMs = settings.callTimeoutMs;
    const opened = openMemberApi(settings.rest, { defaultTimeoutMs, signal, readFile });
    return log ? loggedMemberApi(opened, log) : opened;
  });
  return {
    settings,
    io: terminal,
    clock: systemClock,
    prompt: terminalPrompt({
      interactive: terminal.interactive,
      dumb: env.TERM === 'dumb',
      signal,
    }),
    signal,
    env: withoutPatroni(env),
    store: store.get,
    dcs: async (scope, group) => (await store.get()).cluster(scope, group),
    rest: rest.get,
    screen: async () => {
      const { TerminalScreen } = await import('../system/full-screen.ts');
      return new TerminalScreen(process, (take) => terminal.divert(take));
    },
    connectSql,
    async close() {
      await (await store.opened())?.close();
      await (await rest.opened())?.close();
    },
  };
}

/** What an editor or a pager may know: among Patroni's variables are passwords. */
function withoutPatroni(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const entries = Object.entries(env).filter(([name]) => !name.startsWith('PATRONI_'));
  return Object.fromEntries(entries);
}

/** Opens a thing when it is first asked for, and remembers it. */
function once<T>(open: () => Promise<T>): { get(): Promise<T>; opened(): Promise<T | undefined> } {
  let opening: Promise<T> | undefined;
  return {
    get() {
      opening ??= open();
      return opening;
    },
    // A thing that failed to open needs no closing; the failure itself went to whoever asked.
    opened: async () => opening?.catch(() => undefined),
  };
}
