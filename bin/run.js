#!/usr/bin/env node
import module from 'node:module';
import { fileURLToPath } from 'node:url';
import v8 from 'node:v8';

if (process.version.startsWith('v20.')) {
  // A command is over before compiled code would pay; without it 4 MB less are used.
  v8.setFlagsFromString('--no-opt');
  v8.setFlagsFromString('--no-sparkplug');
}
// Libraries' deprecations are for us, not for whoever runs a command.
process.noDeprecation = true;
// Node 22 and later keep compiled code on disk: the second start is faster.
module.enableCompileCache?.();
const { main } = await import('../dist/main.js');
// Not awaited: with a reader that has gone (`| head`) oclif's help never ends, and Node would call
// that an error. What rejects here is a mistake of ours, and Node says so.
main(process.argv.slice(2), fileURLToPath(new URL('..', import.meta.url)));
