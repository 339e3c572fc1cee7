import { Args, Flags } from '@oclif/core';
import { changeClusterRole } from '../ctl/actions/cluster-role.ts';
import { BaseCommand } from './base.ts';

export default class PromoteCluster extends BaseCommand {
  static override summary = 'Make a standby cluster a cluster of its own';
  static override examples = [
    '<%= config.bin %> <%= command.id %> demo',
    '<%= config.bin %> <%= command.id %> demo --force --timeout 120 --json',
  ];
  static override args = {
    cluster: Args.string({ ignoreStdin: true, description: 'Cluster name (default: scope)' }),
  };
  static override flags = {
    force: Flags.boolean({ description: 'Ask nothing' }),
    wait: Flags.boolean({ description: 'Follow it to its end', default: true, allowNo: true }),
    timeout: Flags.integer({ description: 'Seconds to follow it (default: 300)', min: 1 }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(PromoteCluster);
    const { force, wait, timeout } = flags;
    await this.perform(flags, (session) =>
      changeClusterRole(session, {
        cluster: args.cluster,
        source: undefined,
        force,
        wait,
        timeout,
      }),
    );
  }
}
