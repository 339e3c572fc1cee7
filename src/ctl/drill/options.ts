import type { ProbeKind } from '../../model/drill.ts';
import type { CredentialOptions } from '../inspect/sql-target.ts';

/** The ways to measure, as `--probe` names them. */
export const PROBE_KINDS = ['write', 'read', 'none'] as const satisfies readonly ProbeKind[];

/** How the report is printed; `--json` prints the same facts for programs. */
export const REPORT_FORMATS = ['text', 'markdown'] as const;

/** What a drill was called with. Durations as the user wrote them. */
export interface DrillOptions extends CredentialOptions {
  readonly cluster: string;
  readonly group: number | undefined;
  readonly candidate: string | undefined;
  /** Switch back to the first leader, and measure that too. */
  readonly back: boolean;
  readonly probe: ProbeKind;
  /** Time between two writes, or reads, of the probe. */
  readonly interval: string;
  /** Undefined: no limit. */
  readonly maxOutage: string | undefined;
  /** Where the probe's table is made; undefined: the first of the search path that lets us. */
  readonly schema: string | undefined;
  readonly format: (typeof REPORT_FORMATS)[number];
  /** Seconds to follow each switchover; undefined: as `switchover` does. */
  readonly timeout: number | undefined;
  readonly dryRun: boolean;
  /** Ask nothing; needs `confirm`. */
  readonly yes: boolean;
  /** The name of the cluster once more. */
  readonly confirm: string | undefined;
}
