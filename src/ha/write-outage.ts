import { isPrimaryRole, type NodeStatus } from '../model/node-status.ts';

/**
 * One answer to `GET /patroni`, or silence, with its times on the monotonic clock. Small: a wait of
 * hours collects hundreds of thousands.
 */
export interface Sample {
  readonly member: string;
  readonly sentMs: number;
  readonly receivedMs: number;
  readonly acceptsWrites: boolean;
}

/**
 * For how long writes were not possible, in milliseconds, as the members saw it: from the last time
 * that the old leader said it is a running primary until the first time that the new one did. The
 * true time is at most that long, and shorter by up to one interval of asking at both ends. Null
 * when one of the two was not seen (a standby cluster accepts no writes before or after).
 */
export function writeOutageMs(
  samples: readonly Sample[],
  { from, to }: { readonly from: string | undefined; readonly to: string | null },
): number | null {
  if (from === undefined || to === null || from === to) return null;
  const up = samples.findLast((sample) => sample.member === from && sample.acceptsWrites);
  const down = samples.some(
    (sample) => sample.member === from && up !== undefined && sample.sentMs > up.sentMs,
  );
  const back = samples.find(
    (sample) =>
      sample.member === to &&
      sample.acceptsWrites &&
      up !== undefined &&
      sample.receivedMs >= up.sentMs,
  );
  if (!up || !down || !back) return null;
  return Math.max(0, Math.round(back.receivedMs - up.sentMs));
}

/** True for a member that says it is a running primary; silence is no. */
export function acceptsWrites(status: NodeStatus | undefined): boolean {
  return status !== undefined && status.state === 'running' && isPrimaryRole(status.role);
}
