import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { endOnFailure } from '../../../src/daemon/failures.ts';
import { becomeInit, INIT_SCRIPT } from '../../../src/daemon/init.ts';
import { listenToSignals } from '../../../src/daemon/signals.ts';
import { systemdNotifier } from '../../../src/daemon/systemd.ts';
import type { Logger } from '../../../src/system/log/log.ts';

describe('listenToSignals', () => {
  function listen() {
    const source = new EventEmitter();
    const heard: string[] = [];
    const stop = listenToSignals(source, {
      shutdown: (signal) => heard.push(`shutdown ${signal}`),
      stopAtOnce: (signal) => heard.push(`at once ${signal}`),
      reload: () => heard.push('reload'),
    });
    const send = (...signals: string[]) => {
      for (const signal of signals) source.emit(signal, signal);
    };
    return { heard, send, stop, source };
  }

  it('shuts down at the first, ends at once at the second', () => {
    const { heard, send } = listen();
    send('SIGHUP', 'SIGTERM', 'SIGHUP', 'SIGINT', 'SIGTERM');
    expect(heard).toEqual(['reload', 'shutdown SIGTERM', 'at once SIGINT', 'at once SIGTERM']);
  });

  it('takes SIGINT for SIGTERM, and opens no debugger', () => {
    const { heard, send, source } = listen();
    send('SIGUSR1', 'SIGINT');
    expect(heard).toEqual(['shutdown SIGINT']);
    expect(source.listenerCount('SIGUSR1')).toBe(1);
  });

  it('stops listening', () => {
    const { heard, send, stop } = listen();
    stop();
    send('SIGTERM', 'SIGHUP');
    expect(heard).toEqual([]);
  });
});

describe('systemdNotifier', () => {
  /** A notifier, and what it sent, each message when the one before was through. */
  function notifier(fails = false) {
    const env: Record<string, string | undefined> = { NOTIFY_SOCKET: '/run/x', PATH: '/bin' };
    const sent: string[] = [];
    const warnings: string[] = [];
    const send = async (assignments: readonly string[], socket: string) => {
      await Promise.resolve();
      sent.push(`${socket} ${assignments.join(' ')}`);
      if (fails) throw new Error('ENOENT');
    };
    const notify = systemdNotifier({ env, warn: (text) => warnings.push(text), send });
    return { env, sent, warnings, notify };
  }

  const settled = () => new Promise((resolve) => setImmediate(resolve));

  it('says how we are, in order, and what is new only', async () => {
    const { env, sent, notify } = notifier();
    expect(env).toEqual({ PATH: '/bin' });
    notify.ready();
    notify.status('leads\nall');
    notify.status('leads\nall');
    notify.reloading();
    notify.ready();
    notify.stopping();
    await settled();
    expect(sent).toEqual([
      '/run/x READY=1',
      '/run/x STATUS=leads\\nall',
      expect.stringMatching(/^\/run\/x RELOADING=1 MONOTONIC_USEC=\d{7,}$/),
      '/run/x READY=1',
      '/run/x STOPPING=1',
    ]);
  });

  it('warns once when it cannot, and goes on', async () => {
    const { sent, warnings, notify } = notifier(true);
    notify.ready();
    notify.stopping();
    await settled();
    expect(sent).toHaveLength(2);
    expect(warnings).toEqual(['systemd cannot be told how we are: Error: ENOENT']);
  });

  it('says nothing where nobody listens', async () => {
    const sent: unknown[] = [];
    const send = async (assignments: readonly string[]) => void sent.push(assignments);
    const notify = systemdNotifier({ env: {}, warn: () => {}, send });
    notify.ready();
    notify.status('x');
    await settled();
    expect(sent).toEqual([]);
  });
});

describe('endOnFailure', () => {
  const logger = (critical: Logger['critical']): Logger => {
    const silent = () => {};
    return { debug: silent, info: silent, warning: silent, error: silent, critical };
  };

  it('records what nobody caught, and ends with an error', () => {
    const source = new EventEmitter();
    const heard: unknown[] = [];
    const log = logger((message, error) => heard.push(message, error));
    endOnFailure(source, { log, exit: (code) => heard.push(code) });
    const error = new TypeError('x');
    source.emit('uncaughtException', error, 'unhandledRejection');
    expect(heard).toEqual([
      'IMPOSSIBLE: the agent ends, nobody caught an error (unhandledRejection)',
      error,
      70,
    ]);
  });

  it('ends also when the log fails', () => {
    const source = new EventEmitter();
    const codes: number[] = [];
    const log = logger(() => {
      throw new Error('no log');
    });
    endOnFailure(source, { log, exit: (code) => codes.push(code) });
    expect(() => source.emit('uncaughtException', 'x', 'y')).toThrow('no log');
    expect(codes).toEqual([70]);
  });
});

describe('becomeInit', () => {
  const base = {
    ...{
      execPath: '/usr/bin/node',
      execArgv: ['--x'],
      argv: ['/usr/bin/node', '/app/run.js', 'agent'],
    },
    env: { A: 'b' },
  };

  it('is for process 1 only', () => {
    expect(becomeInit({ ...base, pid: 7 })).toBeUndefined();
  });

  it('puts a bash in its place that starts the agent again', () => {
    const calls: unknown[] = [];
    const execve = (...call: unknown[]) => void calls.push(call);
    becomeInit({ ...base, pid: 1, execve });
    expect(calls).toEqual([
      [
        '/bin/bash',
        [
          ...['bash', '-c', INIT_SCRIPT, 'pgherd-init'],
          ...['/usr/bin/node', '--x', '/app/run.js', 'agent'],
        ],
        { A: 'b' },
      ],
    ]);
  });

  it('says so where this Node cannot', () => {
    expect(becomeInit({ ...base, pid: 1 })).toMatch(/docker run --init/);
  });
});
