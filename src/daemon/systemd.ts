import { execFile } from 'node:child_process';
import { printable } from '../system/text.ts';

/** What systemd is told of a service of `Type=notify` or `notify-reload`. Calls return at once. */
export interface Notifier {
  /** Started, or the configuration was read again. */
  ready(): void;
  reloading(): void;
  stopping(): void;
  /** One line for `systemctl status`; the same as before is not sent again. */
  status(text: string): void;
}

/** Sends assignments such as `READY=1` to the socket; rejects when that cannot be done. */
type SendNotification = (assignments: readonly string[], socket: string) => Promise<void>;

export interface NotifierOptions {
  /** `NOTIFY_SOCKET` is taken out of it: it is not meant for children. */
  readonly env: Record<string, string | undefined>;
  readonly warn: (message: string) => void;
  readonly send?: SendNotification;
}

const SILENT: Notifier = { ready() {}, reloading() {}, stopping() {}, status() {} };

/** Tells systemd, if it started us; otherwise nobody. */
export function systemdNotifier({ env, warn, send = runNotify }: NotifierOptions): Notifier {
  const { NOTIFY_SOCKET: socket } = env;
  delete env.NOTIFY_SOCKET;
  if (!socket) return SILENT;
  let last = Promise.resolve();
  let warned = false;
  let shown: string | undefined;
  // One after the other: systemd must not hear of the end before the beginning.
  const tell = (...assignments: string[]): void => {
    last = last
      .then(() => send(assignments, socket))
      .catch((error: unknown) => {
        if (!warned) warn(`systemd cannot be told how we are: ${String(error)}`);
        warned = true;
      });
  };
  return {
    ready: () => tell('READY=1'),
    reloading: () => tell('RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`),
    stopping: () => tell('STOPPING=1'),
    status(text) {
      if (text === shown) return;
      shown = text;
      tell(`STATUS=${printable(text)}`);
    },
  };
}

/** Longer than it takes on the slowest machine. */
const NOTIFY_MS = 5000;

/** Node cannot open such a socket (datagrams); systemd's own program can. */
function runNotify(assignments: readonly string[], socket: string): Promise<void> {
  const env = { PATH: process.env.PATH, NOTIFY_SOCKET: socket };
  return new Promise((resolve, reject) => {
    execFile('systemd-notify', assignments, { env, timeout: NOTIFY_MS }, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}
