import { randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readFileSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import {
  commandLine,
  type GuardCommand,
  type GuardPaths,
  type GuardReport,
  parseReport,
  startTicks,
} from './guard-protocol.ts';

/** A guard that has not answered for so long does not work. */
const ANSWER_WITHIN_MS = 2000;
/** More, after which it counts: an agent that stood still itself has the answer, but unread. */
const READ_WITHIN_MS = 250;

/** What is heard from a guard. */
export interface GuardEvents {
  /** Only answers to this link; those to agents before it are left out. */
  report(report: GuardReport): void;
  /** It does not answer. It may still do so. */
  silent(): void;
  /** It is dead. Never after `close`. */
  died(): void;
}

/** The two FIFOs of a guard that lives, or did a moment ago. No call ever waits. */
export class GuardLink {
  readonly #owner = ownerName();
  readonly #events: GuardEvents;
  readonly #commands: number;
  readonly #life: Socket;
  #sent = 0;
  #closed = false;
  #unread = '';
  #silence: NodeJS.Timeout | undefined;
  #asking: { readonly number: number; resolve(report?: GuardReport): void }[] = [];

  private constructor(events: GuardEvents, files: { commands: number; life: number }) {
    this.#events = events;
    this.#commands = files.commands;
    this.#life = new Socket({ fd: files.life, readable: true, writable: false });
    this.#life.unref();
    this.#life.on('data', (chunk) => this.#read(String(chunk)));
    this.#life.on('error', () => this.#died());
    this.#life.on('close', () => this.#died());
  }

  /** Undefined: there is no guard. Anything else that is wrong with its files is thrown. */
  static open(paths: GuardPaths, events: GuardEvents): GuardLink | undefined {
    const life = openFifo(paths.life, constants.O_RDONLY);
    if (life === undefined) return undefined;
    // Of the two, this one fails without a guard.
    const commands = openFifo(paths.commands, constants.O_WRONLY);
    if (commands !== undefined) return new GuardLink(events, { commands, life });
    closeSync(life);
    return undefined;
  }

  /** True while a command has no answer. */
  get isWaiting(): boolean {
    return this.#silence !== undefined;
  }

  /** Sends a command. Its number comes back in the report that answers it. */
  send(command: GuardCommand): number {
    this.#sent += 1;
    if (this.#closed) return this.#sent;
    try {
      writeSync(this.#commands, commandLine(`${this.#owner}.${this.#sent}`, command));
    } catch (error) {
      // EAGAIN: it has not read for long. EPIPE: it is dead, and its end is on its way to us.
      if (!/^(EAGAIN|EPIPE)$/.test(codeOf(error))) throw error;
    }
    this.#silence ??= this.#expectAnswer();
    return this.#sent;
  }

  /** Sends a command and resolves with its answer; undefined: the guard is silent, or dead. */
  ask(command: GuardCommand): Promise<GuardReport | undefined> {
    if (this.#closed) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#asking.push({ number: this.send(command), resolve });
    });
  }

  /** Nothing is heard any more. The guard goes on. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#silence);
    closeSync(this.#commands);
    this.#life.destroy();
    this.#answer(this.#sent);
  }

  #read(chunk: string): void {
    const lines = (this.#unread + chunk).split('\n');
    this.#unread = lines.pop() ?? '';
    for (const line of lines) {
      const report = parseReport(line, this.#owner);
      if (report && !this.#closed) this.#heard(report);
    }
  }

  #heard(report: GuardReport): void {
    clearTimeout(this.#silence);
    this.#silence = report.command < this.#sent ? this.#expectAnswer() : undefined;
    this.#events.report(report);
    this.#answer(report.command, report);
  }

  #answer(upTo: number, report?: GuardReport): void {
    const answered = this.#asking.filter(({ number }) => number <= upTo);
    this.#asking = this.#asking.filter(({ number }) => number > upTo);
    for (const { resolve } of answered) resolve(report);
  }

  #expectAnswer(): NodeJS.Timeout {
    return setTimeout(() => {
      this.#silence = setTimeout(() => this.#isSilent(), READ_WITHIN_MS).unref();
    }, ANSWER_WITHIN_MS).unref();
  }

  #isSilent(): void {
    this.#events.silent();
    this.#answer(this.#sent);
  }

  #died(): void {
    if (this.#closed) return;
    this.close();
    this.#events.died();
  }
}

/** By this the guard knows whom it has to kill when the agent stands still. */
function ownerName(): string {
  const start = startTicks(readFileSync('/proc/self/stat', 'utf8')) ?? '';
  return `${process.pid}-${start}-${randomBytes(4).toString('hex')}`;
}

function openFifo(path: string, direction: number): number | undefined {
  try {
    const file = openSync(path, direction | constants.O_NONBLOCK);
    if (fstatSync(file).isFIFO()) return file;
    // Not a guard's work; a new guard will put it away.
    closeSync(file);
    return undefined;
  } catch (error) {
    // ENXIO: nobody has it open for reading.
    if (/^(ENOENT|ENXIO)$/.test(codeOf(error))) return undefined;
    throw error;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
