/** Names below a cluster's prefix → values, e.g. `members/pg1`. */
export type Documents = Readonly<Record<string, string>>;

/** Writes documents as they are, below `/service/SCOPE/`, through etcd's JSON gateway. */
export async function putDocuments(
  etcdUrl: string,
  scope: string,
  documents: Readonly<Record<string, string | Buffer>>,
): Promise<void> {
  for (const [name, value] of Object.entries(documents)) {
    await call(etcdUrl, 'put', { key: encode(`/service/${scope}/${name}`), value: encode(value) });
  }
}

/** What the store has about a cluster. */
export async function readDocuments(etcdUrl: string, scope: string): Promise<Documents> {
  const prefix = `/service/${scope}/`;
  const reply = await call(etcdUrl, 'range', {
    key: encode(prefix),
    range_end: encode(`/service/${scope}0`),
  });
  const pairs = (reply.kvs ?? []).map(({ key, value }) => [
    decode(key).slice(prefix.length),
    decode(value ?? ''),
  ]);
  return Object.fromEntries(pairs);
}

interface RangeReply {
  readonly kvs?: readonly { readonly key: string; readonly value?: string }[];
}

async function call(etcdUrl: string, method: string, body: unknown): Promise<RangeReply> {
  const reply = await fetch(`${etcdUrl}/v3/kv/${method}`, {
    method: 'POST',
    body: JSON.stringify(body),
  });
  if (!reply.ok) throw new Error(`etcd answered ${reply.status}: ${await reply.text()}`);
  return (await reply.json()) as RangeReply;
}

function encode(value: string | Buffer): string {
  return (typeof value === 'string' ? Buffer.from(value) : value).toString('base64');
}

function decode(text: string): string {
  return Buffer.from(text, 'base64').toString();
}
