import type { Io } from '../../system/io.ts';
import type { Session } from '../session.ts';

/**
 * The same session for a part of a drill: what that would print as its data is talk here, for the
 * data of a drill are its report.
 */
export function besideTheReport(session: Session): Session {
  const { io } = session;
  const beside: Io = {
    out: (text) => (io.json ? undefined : io.err(text)),
    raw: (text) => (io.json ? undefined : io.err(text)),
    err: (text) => io.err(text),
    warn: (text) => io.warn(text),
    interactive: io.interactive,
    stdoutIsTerminal: io.stdoutIsTerminal,
    color: io.color,
    json: io.json,
    get stderrColumns() {
      return io.stderrColumns;
    },
    get outputClosed() {
      return io.outputClosed;
    },
  };
  return { ...session, io: beside };
}
