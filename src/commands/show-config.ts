import { Args, Flags } from '@oclif/core';
import { showConfig } from '../ctl/inspect/show-config.ts';
import { BaseCommand } from './base.ts';

export default class ShowConfig extends BaseCommand {
  static override summary = 'Show the dynamic configuration of a cluster';
  static override examples = [
    '<%= config.bin %> <%= command.id %> demo',
    '<%= config.bin %> -c /etc/patroni.yml <%= command.id %> --json',
  ];
  static override args = {
    cluster: Args.string({ ignoreStdin: true, description: 'Cluster name (default: scope)' }),
  };
  static override flags = { group: Flags.integer({ description: 'Citus group' }) };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ShowConfig);
    await this.perform(flags, (session) =>
      showConfig(session, { cluster: args.cluster, group: flags.group }),
    );
  }
}
