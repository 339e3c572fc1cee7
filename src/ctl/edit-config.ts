import { Refusal } from '../model/errors.ts';
import type { EditedFile } from '../system/editor.ts';
import { printable } from '../system/text.ts';
import type { ConfigMap } from './edit/change.ts';
import type { Edit, EditConfigData, EditConfigOptions } from './edit/edit.ts';
import { editUntilGood } from './edit/in-editor.ts';
import { propose } from './edit/propose.ts';
import { applyRequested, isRequested } from './edit/requested.ts';
import { type EditTools, systemTools } from './edit/tools.ts';
import { readCluster, requireScope } from './read-cluster.ts';
import { pythonYaml } from './render/python-yaml.ts';
import type { Result } from './result.ts';
import type { Session } from './session.ts';
import { validateConfig } from './validate/validate.ts';

/**
 * Changes the dynamic configuration: by what the command line says, or in an editor. Shows the
 * difference, checks the result, asks, and writes it only if nobody changed it meanwhile.
 */
export async function editConfig(
  session: Session,
  options: EditConfigOptions,
  tools: EditTools = systemTools,
): Promise<Result> {
  const edit = await beginEdit(session, options, tools);
  const file = isRequested(options) ? undefined : openFile(edit);
  let result: Result<EditConfigData> | undefined;
  try {
    const after = file
      ? await editInFile(edit, file)
      : await applyRequested(edit.before, options, (name) => tools.readText(name, session.signal));
    result = await propose(edit, after);
  } finally {
    // Whatever went wrong, what a person typed is not lost.
    if (file && (result?.data.applied || result?.data.changed === false)) await file.discard();
    else if (file) session.io.err(`Your text is kept in ${printable(file.path)}`);
  }
  const kept = file && result.data.changed && !result.data.applied ? file.path : null;
  return { ...result, data: { ...result.data, file: kept } };
}

async function beginEdit(
  session: Session,
  options: EditConfigOptions,
  tools: EditTools,
): Promise<Edit> {
  const scope = requireScope(session, options.cluster);
  const group = options.group ?? session.settings.citus?.group;
  const view = await readCluster(session, scope, group);
  if (!view.config) {
    const message = `The config key does not exist in the cluster ${printable(scope)}`;
    throw new Refusal('no-config', message, {
      hint: 'it is made when the cluster is bootstrapped',
    });
  }
  const before = view.config.data as ConfigMap;
  const hosts = view.members.flatMap(({ host }) => (host === undefined ? [] : [host]));
  const local = (session.settings.raw.postgresql ?? {}) as ConfigMap;
  const check = async (after: ConfigMap) =>
    options.validate ? validateConfig(before, after, { hosts, local }) : [];
  const { version } = view.config;
  // Of a Citus cluster, without a group named, the view is the coordinator's: its key is meant.
  const own = view.group ?? group;
  return { session, options, tools, scope, group: own, before, version, check };
}

function openFile({ session, scope, tools }: Edit): EditedFile {
  if (!session.io.interactive) {
    throw new Refusal('no-terminal', 'An editor needs a terminal and there is none', {
      hint: 'pass the changes with --set, --pg, --apply or --replace',
    });
  }
  const { stdoutIsTerminal } = session.io;
  return tools.openEditor({ env: session.env, name: scope, stdoutIsTerminal });
}

function editInFile(edit: Edit, file: EditedFile): Promise<ConfigMap> {
  const errorsOf = async (config: ConfigMap): Promise<string[]> => {
    const findings = await edit.check(config);
    return findings.filter(({ severity }) => severity === 'error').map(({ message }) => message);
  };
  return editUntilGood(edit.session, file, {
    text: pythonYaml(edit.before),
    objections: errorsOf,
  });
}
