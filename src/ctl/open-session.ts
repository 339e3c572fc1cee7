import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { loadCtlSettings } from '../config/ctl-settings.ts';
import { openStore } from '../dcs/open.ts';
import { connectSql } from '../postgres/sql.ts';
import { openMemberApi } from '../rest/client.ts';
import { systemClock } from '../system/clock.ts';
import type { Terminal } from '../system/terminal.ts';
import { terminalPrompt } from '../system/terminal-prompt.ts';
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
  const store = once(() =>
    openStore(settings, {
      callTimeoutMs: settings.callTimeoutMs,
      warn: (text) => terminal.warn(text),
      readFile,
    }),
  );
  const rest = once(async () =>
    openMemberApi(settings.rest, { defaultTimeoutMs: settings.callTimeoutMs, signal, readFile }),
  );
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
    env,
    store: store.get,
    dcs: async (scope, group) => (await store.get()).cluster(scope, group),
    rest: rest.get,
    connectSql,
    async close() {
      await (await store.opened())?.close();
      await (await rest.opened())?.close();
    },
  };
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
