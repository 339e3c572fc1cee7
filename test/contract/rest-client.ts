import { connect, type Socket } from 'node:net';

/** An answer, taken apart. */
export interface RawReply {
  /** Every byte of it, as Latin-1. */
  readonly text: string;
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Where a server listens. */
export interface Place {
  readonly port: number;
  readonly host?: string;
}

/** Opens a connection; an error of it is the end of it, and nothing more. */
export function open({ port, host = '127.0.0.1' }: Place): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host, noDelay: true }, () => resolve(socket));
    socket.once('error', reject);
    socket.on('error', () => {});
  });
}

/** Everything that comes on a connection until its end, whichever way it ends. */
export function readAll(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      text += chunk;
    });
    socket.once('close', () => resolve(text));
    if (socket.destroyed) resolve(text);
    socket.resume();
  });
}

/** Sends these bytes on a connection of its own, and reads until the server closes it. */
export async function exchange(place: Place, bytes: string): Promise<RawReply> {
  const socket = await open(place);
  const all = readAll(socket);
  socket.write(bytes, 'latin1');
  return understand(await all);
}

/** An HTTP/1.0 request: the server closes the connection after the answer. */
export function ask(
  place: Place,
  method: string,
  path: string,
  options: { body?: unknown; headers?: Readonly<Record<string, string>> } = {},
): Promise<RawReply> {
  const { body } = options;
  const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
  const length = body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(text)) };
  const head = Object.entries({ ...length, ...options.headers })
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
  return exchange(
    place,
    `${method} ${path} HTTP/1.0\r\n${head}\r\n${Buffer.from(text).toString('latin1')}`,
  );
}

/** Takes an answer apart; status 0: there was none. */
export function understand(text: string): RawReply {
  const end = text.indexOf('\r\n\r\n');
  const [line = '', ...lines] = text.slice(0, Math.max(end, 0)).split('\r\n');
  const headers = lines.map((header): [string, string] => {
    const [, name = '', value = ''] = /^([^:]*): ?(.*)$/.exec(header) ?? [];
    return [name.toLowerCase(), value];
  });
  return {
    text,
    status: Number(/^HTTP\/1\.[01] (\d{3})/.exec(line)?.[1] ?? 0),
    headers: Object.fromEntries(headers),
    body: end < 0 ? '' : text.slice(end + 4),
  };
}
