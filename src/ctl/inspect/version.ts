import { done, type Result } from '../result.ts';
import type { Session } from '../session.ts';

export interface VersionOptions {
  readonly cluster: string | undefined;
  readonly members: readonly string[];
  readonly group: number | undefined;
  /** Version of pgherd itself. */
  readonly own: string;
}

/** Prints the version of pgherd and, when a cluster is named, of its members' software. */
export async function version(session: Session, options: VersionOptions): Promise<Result> {
  session.io.out(`pgherd version ${options.own}`);
  const { cluster } = options;
  if (cluster === undefined) return done({ pgherd: options.own, cluster: null, members: null });
  // Loaded only here: alone, `version` is over in the time that loading the rest would take.
  const { memberVersions } = await import('./member-versions.ts');
  return memberVersions(session, { ...options, cluster });
}
