import type { Result } from '../result.ts';
import type { Session } from '../session.ts';
import type { TakeoverOptions } from './options.ts';
import { takeover } from './takeover.ts';

export type FailoverOptions = Omit<TakeoverOptions, 'action' | 'leader' | 'scheduled'>;

/** Promotes a member that is named, also where nobody leads; may lose data; see `takeover`. */
export function failover(session: Session, options: FailoverOptions): Promise<Result> {
  const none = { leader: undefined, scheduled: undefined };
  return takeover(session, { ...options, ...none, action: 'failover' });
}
