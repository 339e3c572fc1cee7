import { Args, Command, Flags } from '@oclif/core';

/** For help and completion: what runs is `src/daemon/main.ts`, which `bin/run.js` starts at once. */
export default class Agent extends Command {
  static override summary = 'Run the agent of this node, in the place of the patroni daemon';
  static override description =
    'Keeps one PostgreSQL in a cluster: leader election through the store, replication, automatic ' +
    'failover, the REST API. Reads the same configuration file and PATRONI_* variables as patroni.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> /etc/patroni/patroni.yml',
    '<%= config.bin %> <%= command.id %> --validate-config /etc/patroni/patroni.yml',
    '<%= config.bin %> <%= command.id %> --generate-sample-config patroni.yml',
  ];
  static override args = {
    config: Args.string({
      ignoreStdin: true,
      description: 'Configuration file or directory; otherwise PATRONI_CONFIGURATION is used',
    }),
  };
  static override flags = {
    'validate-config': Flags.boolean({ description: 'Check the configuration file, and end' }),
    'ignore-listen-port': Flags.boolean({
      char: 'i',
      description: 'Ports may be in use (with --validate-config)',
    }),
    print: Flags.boolean({
      char: 'p',
      description: 'Print the configuration that is in effect (with --validate-config)',
    }),
    'generate-sample-config': Flags.boolean({ description: 'Write a sample configuration file' }),
    'generate-config': Flags.boolean({
      description: 'Write a configuration file for a PostgreSQL that runs',
    }),
    dsn: Flags.string({ description: 'How to reach it (with --generate-config)' }),
  };

  async run(): Promise<void> {
    const { agentMain } = await import('../daemon/main.ts');
    await agentMain(this.argv);
  }
}
