import type { DrillLeg, DrillReason, DrillWrites, ProbeKind } from '../../model/drill.ts';

/** What a drill is judged by. */
export interface DrillOutcome {
  readonly probe: ProbeKind;
  readonly legs: readonly DrillLeg[];
  readonly writes: DrillWrites | null;
  /** The probe's table could not be removed. */
  readonly left: boolean;
  /** Null: no limit was given. */
  readonly maxOutageMs: number | null;
}

/** `rtoMs` and `rpoRows` are null where they were not measured: never 0 for that. */
export interface DrillVerdict {
  /** Null: how a switchover ended is not known. */
  readonly passed: boolean | null;
  readonly reasons: readonly DrillReason[];
  readonly rtoMs: number | null;
  readonly rpoRows: number | null;
}

/**
 * Judges a drill: passed when each switchover was done, each outage was measured and within the
 * limit where there is one, no acknowledged row was lost, and nothing is left behind.
 */
export function judgeDrill(drill: DrillOutcome): DrillVerdict {
  const outages = drill.legs.map((leg) => outageMs(drill.probe, leg));
  const known = outages.filter((ms) => ms !== null);
  const reasons = [
    ...drill.legs.flatMap((leg) => legReasons(drill, leg)),
    ...rowReasons(drill.writes),
    ...(drill.left ? [reason('probe-table-left', 'the probe table could not be dropped')] : []),
  ];
  const unknown = drill.legs.some(({ outcome }) => outcome === 'unknown');
  return {
    passed: unknown ? null : reasons.length === 0,
    reasons,
    rtoMs: known.length === 0 || known.length < outages.length ? null : Math.max(...known),
    rpoRows: drill.writes?.lost ?? null,
  };
}

/** The outage that counts: the probe's, or what the members reported where there is no probe. */
function outageMs(probe: ProbeKind, leg: DrillLeg): number | null {
  return probe === 'none' ? leg.reportedOutageMs : (leg.outage?.ms ?? null);
}

function legReasons({ probe, maxOutageMs }: DrillOutcome, leg: DrillLeg): DrillReason[] {
  const which = `the switchover from ${leg.from}`;
  const found: DrillReason[] = [];
  if (leg.outcome !== 'done') {
    const code = leg.outcome === 'failed' ? 'switchover-failed' : 'switchover-unknown';
    found.push(reason(code, `${which}: ${leg.error ?? leg.outcome}`));
  }
  const what = probe === 'read' ? 'reads through the leader' : 'writes';
  const ms = outageMs(probe, leg);
  if (leg.outage?.ended === false) {
    const message = `${which}: ${what} had not come back after ${leg.outage.ms} ms`;
    found.push(reason('not-resumed', message));
  } else if (maxOutageMs !== null && ms === null) {
    found.push(reason('not-measured', `${which}: the outage could not be measured`));
  } else if (maxOutageMs !== null && ms !== null && ms > maxOutageMs) {
    const message = `${which}: no ${what} for ${ms} ms, more than ${maxOutageMs} ms`;
    found.push(reason('outage-too-long', message));
  }
  return found;
}

function rowReasons(writes: DrillWrites | null): DrillReason[] {
  if (!writes || writes.lost === 0) return [];
  if (writes.lost === null) {
    return [reason('rows-unknown', 'the rows of the probe could not be read in the end')];
  }
  const message = `${writes.lost} of ${writes.acknowledged} acknowledged rows are lost`;
  return [reason('rows-lost', message)];
}

function reason(code: string, message: string): DrillReason {
  return { code, message };
}
