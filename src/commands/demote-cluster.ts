import { Args, Flags } from '@oclif/core';
import { changeClusterRole } from '../ctl/actions/cluster-role.ts';
import { BaseCommand } from './base.ts';

export default class DemoteCluster extends BaseCommand {
  static override summary = 'Make a standby cluster of a cluster';
  static override examples = [
    '<%= config.bin %> <%= command.id %> demo --host 10.0.0.9 --port 5432',
    '<%= config.bin %> <%= command.id %> demo --restore-command "cp /archive/%f %p" --force',
  ];
  static override args = {
    cluster: Args.string({ ignoreStdin: true, description: 'Cluster name (default: scope)' }),
  };
  static override flags = {
    force: Flags.boolean({ description: 'Ask nothing' }),
    host: Flags.string({ description: 'Address of the server to replicate from' }),
    port: Flags.integer({ description: 'Its port', min: 1, max: 65_535 }),
    'restore-command': Flags.string({ description: 'Command that fetches WAL of that server' }),
    'primary-slot-name': Flags.string({ description: 'Replication slot on that server' }),
    wait: Flags.boolean({ description: 'Follow it to its end', default: true, allowNo: true }),
    timeout: Flags.integer({ description: 'Seconds to follow it (default: 300)', min: 1 }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(DemoteCluster);
    const { host, port, force, wait, timeout } = flags;
    const slot = flags['primary-slot-name'];
    const restore = flags['restore-command'];
    const source = {
      ...(host ? { host } : {}),
      ...(port ? { port } : {}),
      ...(slot ? { primary_slot_name: slot } : {}),
      ...(restore ? { restore_command: restore } : {}),
    };
    await this.perform(flags, (session) =>
      changeClusterRole(session, { cluster: args.cluster, source, force, wait, timeout }),
    );
  }
}
