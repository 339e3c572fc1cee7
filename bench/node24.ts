import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The version that is measured. */
export const NODE24 = '24.21.0';

/** Node 24 from its npm package, in `.cache/node24`; installed when it is not there yet. */
export function node24(): string {
  const architecture = process.arch === 'arm64' ? 'arm64' : 'x64';
  const name = `node-linux-${architecture}`;
  const directory = fileURLToPath(new URL('../.cache/node24', import.meta.url));
  const binary = `${directory}/node_modules/${name}/bin/node`;
  if (!existsSync(binary)) {
    mkdirSync(directory, { recursive: true });
    console.log(`Installing ${name}@${NODE24} into .cache/node24 ...`);
    execFileSync(
      'npm',
      ['install', '--prefix', directory, '--no-save', '--ignore-scripts', `${name}@${NODE24}`],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
  }
  return binary;
}
