import { Config, type Interfaces } from '@oclif/core';
import { hoistGlobalOptions } from './ctl/global-options.ts';

/** pgherd's own commands; `tidy.test.ts` holds this list against `src/commands/`. */
export const COMMAND_NAMES: ReadonlySet<string> = new Set([
  'demote-cluster',
  'discover',
  'dsn',
  'edit-config',
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
  'switchover',
  'topology',
  'version',
]);

/**
 * Runs the command line `argv` (without `node` and the script). `root` is the folder of
 * package.json. Our own commands are started directly: looking for oclif's plugins would cost every
 * `list` some 30 ms. Help, completion and unknown commands go the whole way through oclif.
 */
export async function main(argv: readonly string[], root: string): Promise<void> {
  const [name = '', ...rest] = hoistGlobalOptions(argv);
  if (COMMAND_NAMES.has(name) && !asksForHelp(rest)) {
    const { default: command } = (await import(`./commands/${name}.ts`)) as {
      default: { id: string; run(argv: string[], config: Interfaces.Config): Promise<unknown> };
    };
    command.id = name;
    await command.run(rest, await bareConfig(root));
    return;
  }
  const { flush, handle, run } = await import('@oclif/core');
  await run([name, ...rest].filter((word) => word !== ''), { root })
    .then(() => flush())
    .catch(handle);
}

/** What oclif's parser needs to know of us: the names, no plugins, no commands. */
async function bareConfig(root: string): Promise<Interfaces.Config> {
  const pjson = { name: 'pgherd', version: '0.0.0', oclif: { bin: 'pgherd', dirname: 'pgherd' } };
  const config = new Config({ root, pjson, userPlugins: false, devPlugins: false });
  await config.load();
  return config;
}

function asksForHelp(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  return words.some(
    (word, index) => (end < 0 || index < end) && (word === '--help' || word === '-h'),
  );
}
