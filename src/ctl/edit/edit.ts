import type { Session } from '../session.ts';
import type { Finding } from '../validate/finding.ts';
import type { RestartChange } from '../validate/restart.ts';
import type { ConfigMap } from './change.ts';
import type { Requested } from './requested.ts';
import type { EditTools } from './tools.ts';

export interface EditConfigOptions extends Requested {
  readonly cluster: string | undefined;
  readonly group: number | undefined;
  /** Do not show the changes. */
  readonly quiet: boolean;
  /** Do not ask. */
  readonly force: boolean;
  /** Check the new configuration before it is written. */
  readonly validate: boolean;
  /** Show and check, write nothing. */
  readonly dryRun: boolean;
}

/** What `--json` shows of an edit. */
export interface EditConfigData {
  readonly cluster: string;
  readonly group: number | null;
  /** The wanted configuration differs from the stored one. */
  readonly changed: boolean;
  /** It was written. */
  readonly applied: boolean;
  readonly dryRun: boolean;
  /** Unified diff of the two as YAML; null when there is no difference. */
  readonly diff: string | null;
  readonly restartRequired: readonly RestartChange[];
  /** In which order the members should be restarted, where that matters. */
  readonly restartOrder: string | null;
  readonly findings: readonly Finding[];
  /** Where the edited text was kept, when it was not written. */
  readonly file: string | null;
}

/** One edit: who asked for what, and the configuration it starts from. */
export interface Edit {
  readonly session: Session;
  readonly options: EditConfigOptions;
  readonly tools: EditTools;
  readonly scope: string;
  readonly group: number | undefined;
  readonly before: ConfigMap;
  readonly version: string;
  readonly check: (after: ConfigMap) => Promise<Finding[]>;
}
