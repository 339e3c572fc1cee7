import { DcsError, Refusal } from '../model/errors.ts';
import type { EditedFile } from '../system/editor.ts';
import { printable } from '../system/text.ts';
import { formatConfig } from '../wire/config.ts';
import { type ConfigMap, inOrderOf, sameConfig } from './edit/change.ts';
import { paintDiff, unifiedDiff } from './edit/diff.ts';
import { editUntilGood } from './edit/in-editor.ts';
import { applyRequested, isRequested, type Requested, usesStdin } from './edit/requested.ts';
import { type EditTools, systemTools } from './edit/tools.ts';
import { readCluster, requireScope } from './read-cluster.ts';
import { pythonYaml } from './render/python-yaml.ts';
import { done, type Failure, failed, type Result, unknown } from './result.ts';
import type { Session } from './session.ts';
import type { Finding } from './validate/finding.ts';
import { type RestartChange, restartChanges, restartOrder } from './validate/restart.ts';
import { validateConfig } from './validate/validate.ts';

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

/** One edit: who asked for what, and the configuration it starts from. */
interface Edit {
  readonly session: Session;
  readonly options: EditConfigOptions;
  readonly tools: EditTools;
  readonly scope: string;
  readonly group: number | undefined;
  readonly before: ConfigMap;
  readonly version: string;
  readonly check: (after: ConfigMap) => Promise<Finding[]>;
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
  return { session, options, tools, scope, group, before, version, check };
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

/** Shows what would change and what is to be said about it, and applies it if all is well. */
async function propose(edit: Edit, wanted: ConfigMap): Promise<Result<EditConfigData>> {
  const { session, options, scope } = edit;
  const changed = !sameConfig(edit.before, wanted);
  const none: EditConfigData = {
    cluster: scope,
    group: edit.group ?? null,
    changed,
    applied: false,
    dryRun: options.dryRun,
    diff: null,
    restartRequired: [],
    restartOrder: null,
    findings: [],
    file: null,
  };
  if (!changed) {
    if (!options.quiet) session.io.out('Not changed');
    return done(none);
  }
  const after = inOrderOf(edit.before, wanted) as ConfigMap;
  const restartRequired = restartChanges(edit.before, after);
  const data: EditConfigData = {
    ...none,
    diff: await unifiedDiff(pythonYaml(edit.before), pythonYaml(after)),
    restartRequired,
    restartOrder: restartOrder(restartRequired) ?? null,
    findings: await edit.check(after),
  };
  if (!options.quiet) await showDiff(edit, data.diff ?? '');
  const refused = sayFindings(session, data.findings);
  if (refused) return { ...failed(data, refused), exitCode: 1 };
  return decide(edit, after, data);
}

async function showDiff({ session, tools }: Edit, diff: string): Promise<void> {
  const { io, env } = session;
  if (io.json) return;
  const text = await paintDiff(diff, io.color);
  if (!(await tools.page(text, env))) io.out(text);
}

/** Says what was found; with errors, why nothing is written. */
function sayFindings({ io }: Session, findings: readonly Finding[]): Failure | undefined {
  for (const { severity, message } of findings) {
    if (severity === 'warning') io.warn(message);
    else if (severity === 'note') io.err(`Note: ${printable(message)}`);
  }
  const errors = findings.filter(({ severity }) => severity === 'error');
  const [first, ...more] = errors;
  if (!first) return undefined;
  if (more.length > 0) for (const { message } of errors) io.err(`Error: ${printable(message)}`);
  const count = `The new configuration has ${errors.length} mistakes: nothing was changed`;
  return {
    code: 'invalid-config',
    message: more.length > 0 ? count : printable(first.message),
    hint: '--no-validate writes it all the same',
  };
}

async function decide(
  edit: Edit,
  after: ConfigMap,
  data: EditConfigData,
): Promise<Result<EditConfigData>> {
  const { session, options } = edit;
  if (options.dryRun) {
    sayRestart(edit, data, 'would need');
    return done(data);
  }
  if (usesStdin(options) && !options.force) {
    session.io.out('Use --force option to apply changes');
    return failed(data, {
      code: 'not-confirmed',
      message: 'Nothing was changed: changes from stdin need --force',
    });
  }
  const question = { message: 'Apply these changes?', flag: '--force' };
  if (!options.force && !(await session.prompt.confirm(question))) {
    return failed(data, { code: 'not-confirmed', message: 'Nothing was changed' });
  }
  return write(edit, after, data);
}

async function write(
  edit: Edit,
  after: ConfigMap,
  data: EditConfigData,
): Promise<Result<EditConfigData>> {
  const { session, scope, group, version } = edit;
  const dcs = await session.dcs(scope, group);
  session.signal.throwIfAborted();
  let outcome: 'done' | 'conflict';
  try {
    outcome = await dcs.write('config', formatConfig(after), { version });
  } catch (error) {
    if (!(error instanceof DcsError)) throw error;
    const message = `The configuration may or may not have been changed: ${error.message}`;
    const hint = `pgherd show-config ${printable(scope)} shows it`;
    return unknown(data, { code: 'write-unknown', message, hint });
  }
  if (outcome === 'conflict') {
    const message = 'Config modification aborted due to concurrent changes';
    const hint = 'somebody else changed it meanwhile: run the command again on what is there now';
    return { ...failed(data, { code: 'conflict', message, hint }), exitCode: 1 };
  }
  session.io.out('Configuration changed');
  sayRestart(edit, data, 'need');
  return done({ ...data, applied: true });
}

function sayRestart({ session, scope }: Edit, data: EditConfigData, need: string): void {
  const changes = data.restartRequired;
  if (changes.length === 0) return;
  const list = changes.map(
    ({ parameter, from, to }) => `${parameter} ${shown(from)}->${shown(to)}`,
  );
  session.io.err(`These ${need} a restart of the members: ${list.join(', ')}`);
  const order = data.restartOrder === null ? '' : ` (${data.restartOrder})`;
  session.io.err(`HINT: pgherd restart ${printable(scope)} --pending${order}`);
}

function shown(value: string | null): string {
  return value === null ? '(default)' : printable(value);
}
