import { Args, Flags } from '@oclif/core';
import { dsn } from '../ctl/inspect/dsn.ts';
import { ROLE_WORDS } from '../ctl/select-members.ts';
import { BaseCommand } from './base.ts';

export default class Dsn extends BaseCommand {
  static override summary = 'Print host and port of a member, of the leader by default';
  static override examples = [
    '<%= config.bin %> <%= command.id %> demo',
    '<%= config.bin %> <%= command.id %> demo --role replica',
    'psql "$(<%= config.bin %> <%= command.id %> demo --member pg2) dbname=postgres"',
  ];
  static override args = {
    cluster: Args.string({ ignoreStdin: true, description: 'Cluster name (default: scope)' }),
  };
  static override flags = {
    group: Flags.integer({ description: 'Citus group' }),
    role: Flags.option({
      char: 'r',
      options: ROLE_WORDS,
      description: 'Any member with this role',
    })(),
    member: Flags.string({ char: 'm', description: 'This member' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Dsn);
    const { group, role, member } = flags;
    await this.perform(flags, (session) =>
      dsn(session, { cluster: args.cluster, group, role, member }),
    );
  }
}
