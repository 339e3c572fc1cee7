import { Args, Flags } from '@oclif/core';
import { explainCluster } from '../ctl/explain/explain.ts';
import { BaseCommand } from './base.ts';

export default class Explain extends BaseCommand {
  static override summary = 'Say what each member does, and why it could or could not lead now';
  static override description =
    'The rules of the agents decide, by what the DCS and the members say, as if the leader were ' +
    'gone. What only an agent knows is taken to be well: its guard, its data, its promises.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> demo',
    '<%= config.bin %> <%= command.id %> demo --json',
  ];
  static override args = {
    cluster: Args.string({ ignoreStdin: true, description: 'Cluster name (default: scope)' }),
  };
  static override flags = { group: Flags.integer({ description: 'Citus group' }) };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Explain);
    await this.perform(flags, (session) =>
      explainCluster(session, { cluster: args.cluster, group: flags.group }),
    );
  }
}
