import { Args, Flags } from '@oclif/core';
import { top } from '../ctl/top/top.ts';
import { BaseCommand } from './base.ts';

export default class Top extends BaseCommand {
  static override summary = 'Watch a cluster live on the whole terminal, and act on it by keys';
  static override description =
    'Members, roles, lag with a plot over time, and what happens while it happens. ' +
    'Without a terminal it is list -w; with --json it is one look.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> demo',
    '<%= config.bin %> <%= command.id %> demo --interval 5',
  ];
  static override args = {
    cluster: Args.string({ ignoreStdin: true, description: 'Cluster name (default: scope)' }),
  };
  static override flags = {
    group: Flags.integer({ description: 'Citus group' }),
    interval: Flags.string({ description: 'Seconds between two looks', default: '1' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Top);
    const { group, interval } = flags;
    await this.perform(flags, (session) =>
      top(session, { cluster: args.cluster, group, interval }),
    );
  }
}
