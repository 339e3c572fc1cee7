import { isRecord } from '../../model/json.ts';
import { printableLines } from '../../system/text.ts';
import { readCluster, requireScope } from '../read-cluster.ts';
import { pythonYaml } from '../render/python-yaml.ts';
import { done, type Result } from '../result.ts';
import type { Session } from '../session.ts';

export interface ShowConfigOptions {
  readonly cluster: string | undefined;
  readonly group: number | undefined;
}

/** Prints the dynamic configuration as YAML; nothing when the cluster has none. */
export async function showConfig(session: Session, options: ShowConfigOptions): Promise<Result> {
  const scope = requireScope(session, options.cluster);
  const group = options.group ?? session.settings.citus?.group;
  const view = await readCluster(session, scope, group);
  const data = { cluster: scope, group: group ?? null };
  if (!view.config) return done({ ...data, config: null });
  // pythonYaml ends with a newline and patronictl prints one more.
  session.io.out(printableLines(pythonYaml(view.config.data)));
  return done({ ...data, config: withoutBigints(view.config.data) });
}

/** JSON readers lose digits of whole numbers beyond 2^53: there they are text. */
function withoutBigints(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return value.map(withoutBigints);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, withoutBigints(item)]),
  );
}
