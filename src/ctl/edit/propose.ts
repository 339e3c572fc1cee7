import { DcsError } from '../../model/errors.ts';
import { printable } from '../../system/text.ts';
import { formatConfig } from '../../wire/config.ts';
import { pythonYaml } from '../render/python-yaml.ts';
import { done, type Failure, failed, type Result, unknown } from '../result.ts';
import type { Session } from '../session.ts';
import type { Finding } from '../validate/finding.ts';
import { restartChanges, restartOrder } from '../validate/restart.ts';
import { type ConfigMap, inOrderOf, sameConfig } from './change.ts';
import { paintDiff, unifiedDiff } from './diff.ts';
import type { Edit, EditConfigData } from './edit.ts';
import { usesStdin } from './requested.ts';

/** Shows what would change and what is to be said about it, and applies it if all is well. */
export async function propose(edit: Edit, wanted: ConfigMap): Promise<Result<EditConfigData>> {
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
