import { type Session, withIo } from '../session.ts';

/**
 * The same session for a part of a drill: what that would print as its data is talk here, for the
 * data of a drill are its report.
 */
export function besideTheReport(session: Session): Session {
  const { io } = session;
  const talk = (text: string): void => (io.json ? undefined : io.err(text));
  return withIo(session, { out: talk, raw: talk });
}
