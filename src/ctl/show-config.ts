import { readCluster, requireScope } from './read-cluster.ts';
import { pythonYaml } from './render/python-yaml.ts';
import { done, type Result } from './result.ts';
import type { Session } from './session.ts';

export interface ShowConfigOptions {
  readonly cluster: string | undefined;
  readonly group: number | undefined;
}

/** Prints the dynamic configuration as YAML; nothing when the cluster has none. */
export async function showConfig(session: Session, options: ShowConfigOptions): Promise<Result> {
  const scope = requireScope(session, options.cluster);
  const group = options.group ?? session.settings.citus?.group;
  const view = await readCluster(session, scope, group);
  if (!view.config) return done({ cluster: scope, config: null });
  // pythonYaml ends with a newline and patronictl prints one more.
  session.io.out(pythonYaml(view.config.data));
  return done({ cluster: scope, config: view.config.data });
}
