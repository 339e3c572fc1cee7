import { Args, Flags } from '@oclif/core';
import { health } from '../ctl/inspect/health.ts';
import { BaseCommand } from './base.ts';

export default class Health extends BaseCommand {
  static override summary = 'Say whether a cluster is healthy: exit code 0, or 4 and the findings';
  static override examples = [
    '<%= config.bin %> <%= command.id %> demo',
    '<%= config.bin %> <%= command.id %> demo --json',
  ];
  static override args = {
    cluster: Args.string({ ignoreStdin: true, description: 'Cluster name (default: scope)' }),
  };
  static override flags = { group: Flags.integer({ description: 'Citus group' }) };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Health);
    await this.perform(flags, (session) =>
      health(session, { cluster: args.cluster, group: flags.group }),
    );
  }
}
