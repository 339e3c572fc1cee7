import type { Command, Interfaces } from '@oclif/core';
import { hoistGlobalOptions } from './ctl/command-line/global-options.ts';
import { reportNoCommand, reportUnknownCommand } from './ctl/perform.ts';

/** pgherd's own commands; `tidy.test.ts` holds this list against `src/commands/`. */
export const COMMAND_NAMES: ReadonlySet<string> = new Set([
  'agent',
  'demo',
  'demote-cluster',
  'discover',
  'doctor',
  'drill',
  'dsn',
  'edit-config',
  'explain',
  'failover',
  'flush',
  'health',
  'history',
  'list',
  'pause',
  'promote-cluster',
  'query',
  'reinit',
  'reload',
  'remove',
  'restart',
  'resume',
  'show-config',
  'store',
  'switchover',
  'top',
  'topology',
  'version',
]);

/** Commands of oclif and its plugins. */
const OCLIF_COMMANDS: ReadonlySet<string> = new Set(['autocomplete', 'help']);

/** What oclif answers without a command. */
const OCLIF_FLAGS: ReadonlySet<string> = new Set(['--help', '-h', '--version']);

/**
 * Runs the command line `argv` (without `node` and the script). `root` is the folder of
 * package.json. Our own commands are started directly: looking for oclif's plugins would cost every
 * `list` some 30 ms. Help, completion and unknown commands go the whole way through oclif.
 */
export async function main(argv: readonly string[], root: string): Promise<void> {
  const [name = '', ...rest] = hoistGlobalOptions(argv);
  if (COMMAND_NAMES.has(name) && !asksForHelp(rest)) {
    const { default: OwnCommand } = (await import(`./commands/${name}.ts`)) as CommandModule;
    const command = new OwnCommand(rest, PARSER_CONFIG as unknown as Interfaces.Config);
    command.id = name;
    // What `Command.run` does too, after it has loaded a configuration with all plugins.
    await command._run();
    return;
  }
  if (name.startsWith('-') && !OCLIF_FLAGS.has(name)) {
    process.exitCode = reportNoCommand(name, argv.includes('--json'));
    return;
  }
  const known =
    name === '' || OCLIF_FLAGS.has(name) || COMMAND_NAMES.has(name) || OCLIF_COMMANDS.has(name);
  if (!known && !process.stdin.isTTY) {
    // On a terminal oclif asks "did you mean …?"; here nobody could answer.
    process.exitCode = reportUnknownCommand(name, [...COMMAND_NAMES], rest.includes('--json'));
    return;
  }
  const { flush, handle, run } = await import('@oclif/core');
  try {
    await run(name === '' ? rest : [name, ...rest], { root });
    await flush();
  } catch (error) {
    await handle(asUsageError(error));
  }
}

/** Ends with 2, wrong usage, where oclif's plugin would end with 127 for an unknown command. */
function asUsageError(error: unknown): Error {
  const thrown = error as Error & { oclif?: { exit?: number } };
  if (thrown.oclif?.exit === 127) thrown.oclif.exit = 2;
  return thrown;
}

/** The part of oclif's configuration that parsing needs: our names, and no hooks. */
const PARSER_CONFIG = {
  name: 'pgherd',
  bin: 'pgherd',
  userAgent: 'pgherd',
  // With a blank oclif would look for commands of several words, which needs all commands.
  topicSeparator: ':' as const,
  plugins: new Map(),
  pjson: { name: 'pgherd', version: '', oclif: {} },
  runHook: async () => ({ successes: [], failures: [] }),
  scopedEnvVarKey: (name: string) => `PGHERD_${name}`,
  scopedEnvVarKeys: (name: string) => [`PGHERD_${name}`],
} satisfies Partial<Interfaces.Config>;

interface CommandModule {
  readonly default: new (
    argv: string[],
    config: Interfaces.Config,
  ) => Command & {
    _run(): Promise<unknown>;
  };
}

function asksForHelp(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  return words.some(
    (word, index) => (end < 0 || index < end) && (word === '--help' || word === '-h'),
  );
}
