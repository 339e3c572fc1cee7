import type { Result } from '../result.ts';
import type { Session } from '../session.ts';
import type { TakeoverOptions } from './options.ts';
import type { TakeoverData } from './report.ts';
import { takeover } from './takeover.ts';

export type SwitchoverOptions = Omit<TakeoverOptions, 'action'>;

/** Hands the leadership over from a leader that works, now or at a time; see `takeover`. */
export function switchover(
  session: Session,
  options: SwitchoverOptions,
): Promise<Result<TakeoverData>> {
  return takeover(session, { ...options, action: 'switchover' });
}
