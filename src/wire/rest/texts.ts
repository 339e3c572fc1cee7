// What Patroni's REST API (api.py of 4.1 and of what comes after it) answers: `patronictl` and
// scripts look for these sentences.

/** A switchover hands over from a leader; a failover names only who is to lead. */
type Action = 'switchover' | 'failover';

const TITLES: Readonly<Record<Action, string>> = {
  switchover: 'Switchover',
  failover: 'Failover',
};

/** Why a switchover or failover is not begun. */
export type TakeoverObstacle =
  | 'candidate-missing'
  | 'leader-missing'
  | 'failover-scheduled'
  | 'schedule-in-pause'
  | 'candidate-missing-in-pause'
  | 'candidate-is-leader'
  | 'leader-mismatch'
  | 'candidate-not-sync'
  | 'candidate-unknown'
  | 'no-sync-standby'
  | 'no-members'
  | 'nobody-can';

/** The HTTP status and the sentence of each obstacle. */
export function obstacleReply(
  obstacle: TakeoverObstacle,
  action: Action,
): { readonly status: number; readonly text: string } {
  const impossible = `${action} is not possible: `;
  switch (obstacle) {
    case 'candidate-missing':
      return wrong('Failover could be performed only to a specific candidate');
    case 'leader-missing':
      return wrong('Switchover could be performed only from a specific leader');
    case 'failover-scheduled':
      return wrong("Failover can't be scheduled");
    case 'schedule-in-pause':
      return wrong("Can't schedule switchover in the paused state");
    case 'candidate-missing-in-pause':
      return wrong('Switchover is possible only to a specific candidate in a paused state');
    case 'candidate-is-leader':
      return wrong('Switchover target and source are the same');
    case 'leader-mismatch':
      return unmet('leader name does not match');
    case 'candidate-not-sync':
      return unmet('candidate name does not match with sync_standby');
    case 'candidate-unknown':
      return unmet('candidate does not exists');
    case 'no-sync-standby':
      return unmet(`${impossible}can not find sync_standby`);
    case 'no-members':
      return unmet(`${impossible}cluster does not have members except leader`);
    case 'nobody-can':
      return unmet(`${impossible}no good candidates have been found`);
  }
}

const wrong = (text: string) => ({ status: 400, text });
const unmet = (text: string) => ({ status: 412, text });

/** How a switchover or failover ended. */
export type TakeoverEnd =
  | { readonly kind: 'done'; readonly leader: string; readonly candidate: string | undefined }
  | { readonly kind: 'scheduled' }
  | { readonly kind: 'not-written' }
  | { readonly kind: 'failed' }
  | { readonly kind: 'unknown'; readonly seconds: number };

/** The HTTP status and the sentence of each end. */
export function endReply(
  end: TakeoverEnd,
  action: Action,
): { readonly status: number; readonly text: string } {
  const title = TITLES[action];
  switch (end.kind) {
    case 'done':
      return { status: 200, text: doneText(end, action) };
    case 'scheduled':
      return { status: 202, text: `${title} scheduled` };
    case 'not-written':
      return { status: 503, text: 'failed to write failover key into DCS' };
    case 'failed':
      return { status: 503, text: `${title} failed` };
    case 'unknown': {
      const after = `after ${end.seconds} seconds; operation may still be in progress`;
      return { status: 503, text: `${title} status unknown ${after}` };
    }
  }
}

function doneText(
  { leader, candidate }: Extract<TakeoverEnd, { kind: 'done' }>,
  action: Action,
): string {
  const verb = action === 'switchover' ? 'switched' : 'failed';
  if (!candidate || candidate === leader) return `Successfully ${verb} over to "${leader}"`;
  const title = `${verb.charAt(0).toUpperCase()}${verb.slice(1)}`;
  return `${title} over to "${leader}" instead of "${candidate}"`;
}
