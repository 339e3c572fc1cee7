import type { Member } from '../../model/member.ts';
import { printable } from '../../system/text.ts';
import { lookAtMember } from '../ask-member.ts';
import type { Session } from '../session.ts';
import { waitUntil } from '../wait.ts';

/** A replica asks for WAL again after 5 s (`wal_retrieve_retry_interval`), and then replays it. */
const WAIT_MS = 60_000;

/**
 * Waits until a replica has replayed all that the restarted leader has written: a smaller value of
 * a shared-memory parameter comes to a replica in the WAL, and Patroni starts it with the larger
 * one before. Warns when it takes too long; the restart is right all the same.
 */
export async function waitForReplay(
  session: Session,
  leaders: readonly Member[],
  replica: Member,
): Promise<void> {
  const name = printable(replica.name);
  session.io.err(`Waiting for ${name} to replay what the leader wrote`);
  const written = await Promise.all(leaders.map((leader) => lookAtMember(session, leader)));
  const target = Math.max(...written.map((status) => status?.location ?? 0));
  const caughtUp = await waitUntil(session, { timeoutMs: WAIT_MS, everyMs: 500 }, async () => {
    const replayed = (await lookAtMember(session, replica))?.replayedLsn;
    return replayed !== undefined && replayed >= target ? true : undefined;
  });
  if (!caughtUp) session.io.warn(`${name} has not replayed it: it may need one more restart`);
}
